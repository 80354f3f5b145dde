"""Words that stand before a day or a clock and tell no more than it does: a weekday, a date, `ore 14:30`."""

from __future__ import annotations

import re
from typing import Final

_WEEKDAYS: Final = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun "
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so "
    "lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim "
    "lunes martes miércoles miercoles jueves viernes sábado sabado domingo mié mie jue vie sáb sab dom "
    "lunedì lunedi martedì martedi mercoledì mercoledi giovedì giovedi venerdì venerdi sabato domenica gio "
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo "
    "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira segunda terça quarta quinta sexta seg ter qua qui "
    "sex poniedziałek wtorek środa czwartek piątek sobota niedziela pon wt śr czw pt sob nd "
    "måndag tisdag onsdag torsdag fredag lördag söndag mån tis ons tors tor fre lör sön "
    "mandag tirsdag lørdag søndag man tir lør søn maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai "
    "pondělí úterý středa čtvrtek pátek neděle po út st čt pá ne"
)
_DATE: Final = "date day datum tag fecha día dia data jour giorno dag dato dzień datum dne päivä den dátum"

DAY_WORD: Final = "(?:{})".format("|".join(sorted({*_WEEKDAYS.split(), *_DATE.split()}, key=len, reverse=True)))
"""Matches a word, whatever its case where the flag says so; a point, comma or colon may follow."""

CLOCK_WORD: Final = r"(?i:ore|alle ore|kl\.?|klo|klokken|klockan|um|at|à|a las|às|godz\.?|ob)"
"""Matches a word before a clock; a blank follows."""

BEFORE_DAY: Final = re.compile(rf"(?P<word>{DAY_WORD})(?P<sign>\.?[,:]? )(?P<day>.*\d.*)", re.IGNORECASE)
