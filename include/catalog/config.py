"""The description of a dataset as its owner writes it, in DCAT's words."""

from __future__ import annotations

from typing import Final

from pydantic import Field, FiniteFloat, field_validator

from include.configuration import Configuration


class SearchConfig(Configuration):
    """What of a collection can be searched beside its description."""

    records: bool = Field(False, description="also the texts of its records, for those who may read them")


THEMES: Final = (
    *("AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL"),
    *("INTR", "JUST", "OP_DATPRO", "REGI", "SOCI", "TECH", "TRAN"),
)
"""Source: http://publications.europa.eu/resource/authority/data-theme."""


class MetadataConfig(Configuration):
    """The metadata step of a collection (DCAT-AP 3.0.1, class Dataset)."""

    title: str | None = Field(
        None, min_length=1, max_length=300, description="dct:title; the collection's where absent"
    )
    description: str = Field(
        min_length=1, description="dct:description", examples=["Energy of 40 homes, per quarter of an hour."]
    )
    keywords: tuple[str, ...] = Field((), description="dcat:keyword")
    publisher: str = Field(
        min_length=1, description="dct:publisher, the name of a foaf:Agent", examples=["Energy community North"]
    )
    licence: str = Field(
        pattern=r"^https?://",
        description="dct:license, an IRI",
        examples=["https://creativecommons.org/licenses/by/4.0/"],
    )
    attribution: str | None = Field(None, description="how the source wants to be named")
    landing_page: str | None = Field(
        None, pattern=r"^https?://", description="dcat:landingPage", examples=["https://data.example.org/load"]
    )
    language: str = Field(
        "en", pattern=r"^[a-z]{2}$", description="of title and description, ISO 639-1", examples=["en"]
    )
    themes: tuple[str, ...] = Field(
        ("ENER",), description=f"dcat:theme, codes of the EU's data-theme vocabulary: {', '.join(THEMES)}"
    )
    spatial: str | None = Field(
        None,
        pattern=r"^https?://",
        description="dct:spatial, an IRI of a place",
        examples=["http://publications.europa.eu/resource/authority/country/LUX"],
    )
    bbox: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat] | None = Field(
        None, description="dcat:bbox: west, south, east and north of what the data is about, in degrees (WGS 84)"
    )

    @field_validator("bbox")
    @classmethod
    def _on_earth(cls, box: tuple[float, float, float, float] | None) -> tuple[float, float, float, float] | None:
        if box is not None:
            west, south, east, north = box
            if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
                raise ValueError(
                    "it is no box on earth; write west, south, east and north in degrees: [4.2, 50.8, 4.5, 50.9]"
                )
        return box
