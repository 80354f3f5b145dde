"""Small excerpts in the manner of real energy exports: vendors, grid operators, markets, data sets."""

from __future__ import annotations

EXCERPTS: dict[str, str] = {}

EXCERPTS["fronius"] = "[Datum und Uhrzeit];Energie | Symo 8.2;Gesamtanlage\n[dd.MM.yyyy HH:mm];[Wh];[Wh]\n" + "".join(
    f"01.06.2024 {h:02d}:{m:02d};{h * 10},5;{h * 11},25\n" for h in range(24) for m in (0, 15)
)
EXCERPTS["sma"] = (
    "\ufeffVersion CSV|Tool SunnyData|Linebreaks CR/LF|Delimiter semicolon|Decimalpoint comma|Precision 3\nsep=;\n\n;Anlage1;Anlage1\n;SN: 123;SN: 123\nTT.MM.JJJJ hh:mm;kWh;kW\n"
    + "".join(f"01.06.2024 {h:02d}:00;{h},125;{h},500\n" for h in range(24))
)
EXCERPTS["solaredge"] = "Time,System Production (W)\n" + "".join(
    f"06/01/2024 {h:02d}:15,{h * 100}\n" for h in range(24)
)
EXCERPTS["enphase"] = "Date/Time,Energy Produced (Wh),Energy Consumed (Wh)\n" + "".join(
    f'2024-06-01 {h:02d}:00:00 -0700,"1,{h:03d}",{h}\n' for h in range(24)
)
EXCERPTS["enedis"] = (
    "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite;Pas en minutes\n12345678901234;Courbe de charge;01/06/2024;02/06/2024;Energie active;Consommation;Comptage Brut;W;30\nHorodate;Valeur\n"
    + "".join(f"2024-06-01T{h:02d}:{m:02d}:00+02:00;{h * 100}\n" for h in range(24) for m in (0, 30))
)
EXCERPTS["edistribuzione"] = (
    "POD;IT001E12345678;;;;;\nGiorno;"
    + ";".join(
        f"{h:02d}:{m:02d}-{(h + (m == 45)) % 24:02d}:{(m + 15) % 60:02d}" for h in range(24) for m in (0, 15, 30, 45)
    )
    + "\n"
    + "".join(f"{d:02d}/06/2024;" + ";".join(f"0,{(d * h) % 1000:03d}" for h in range(96)) + "\n" for d in range(1, 11))
)
EXCERPTS["octopus"] = "Consumption (kWh), Start, End\n" + "".join(
    f" 0.{h}23, 2024-06-01T{h:02d}:00:00+01:00, 2024-06-01T{h:02d}:30:00+01:00\n" for h in range(24)
)
EXCERPTS["n3rgy"] = "timestamp (UTC),energyConsumption (kWh)\n" + "".join(
    f"2024-06-01 {h:02d}:30,0.{h:03d}\n" for h in range(24)
)
EXCERPTS["pge"] = (
    'Name,JOHN DOE\nAddress,"1 MAIN ST, SAN FRANCISCO CA 94105"\nAccount Number,1234567890\nService,Service 1\n\nTYPE,DATE,START TIME,END TIME,USAGE,UNITS,COST,NOTES\n'
    + "".join(f"Electric usage,2024-06-01,{h:02d}:00,{h:02d}:59,0.{h:02d},kWh,$0.{h:02d},\n" for h in range(24))
)
EXCERPTS["sce"] = (
    '"Energy Usage Information"\n"For location: 1 MAIN ST"\n\n"Meter Reading Information"\n"Type of readings: Electricity"\n\n"Detailed Usage"\n"Start date: 2024-06-01  for 2 days"\n\n"Energy consumption time period","Usage(Real energy in kilowatt-hours)","Reading quality"\n\n'
    + "".join(
        f'"2024-06-0{d} {h:02d}:00:00 to 2024-06-0{d} {h + 1:02d}:00:00","0.{h:02d}0",""\n'
        for d in (1, 2)
        for h in range(23)
    )
)
EXCERPTS["entsoe"] = '"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|DE-LU"\n' + "".join(
    f'"01.06.2024 {h:02d}:00 - 01.06.2024 {(h + 1) % 24:02d}:00","{h}.25","EUR",""\n' for h in range(24)
)
EXCERPTS["nordpool"] = "Data was last updated 01-06-2024\nElspot Prices in EUR/MWh\n\t\tSYS\tSE1\tSE2\n" + "".join(
    f"01-06-2024\t{h:02d}\xa0-\xa0{h + 1:02d}\t{h},25\t{h * 2},10\t-1,00\n" for h in range(24)
)
EXCERPTS["epex"] = (
    "# Market data from EPEX\n# downloaded 2024\nDate;Hour 1;Hour 2;Hour 3;Hour 3B;"
    + ";".join(f"Hour {h}" for h in range(4, 25))
    + "\n"
    + "".join(
        f"2024-06-{d:02d};" + ";".join("" if h == 3 else f"{d + h}.5" for h in range(25)) + "\n" for d in range(1, 8)
    )
)
EXCERPTS["pvgis"] = (
    "Latitude (decimal degrees):\t45.000\nLongitude (decimal degrees):\t8.000\nElevation (m):\t250\nRadiation database:\tPVGIS-SARAH2\n\n\nSlope: 30 deg. \nAzimuth: 0 deg. \ntime,P,G(i),H_sun,T2m,WS10m,Int\n"
    + "".join(f"2020010{d}:{h:02d}10,{h}.0,{h * 2}.0,0.0,2.{h},1.1,0.0\n" for d in range(1, 5) for h in range(24))
    + "\nP: PV system power (W)\nG(i): Global irradiance on the inclined plane (plane of the array) (W/m2)\nH_sun: Sun height (degree)\nT2m: 2-m air temperature (degree Celsius)\nWS10m: 10-m total wind speed (m/s)\nInt: 1 means solar radiation values are reconstructed\n\n\nPVGIS (c) European Union, 2001-2024\n"
)
EXCERPTS["smard"] = "Datum von;Datum bis;Biomasse [MWh] Berechnete Auflösungen;Wind Offshore [MWh]\n" + "".join(
    f"01.06.2024 {h:02d}:00;01.06.2024 {h + 1:02d}:00;1.{h:03d},25;{'-' if h % 3 else '5'}\n" for h in range(23)
)
EXCERPTS["eirgrid"] = "DATE & TIME, ACTUAL WIND(MW),FORECAST WIND(MW), REGION\n" + "".join(
    f"01 June 2024 {h:02d}:15,{'-' if h == 3 else h * 10},{h},ALL\n" for h in range(24)
)
EXCERPTS["hdf"] = "MPRN,Meter Serial Number,Read Value,Read Type,Read Date and End Time\n" + "".join(
    f"10012345678,000000000012345678,0.{h:03d}000,Active Import Interval (kW),02-11-2024 {h:02d}:30\n"
    for h in range(24)
)
EXCERPTS["uci"] = "Date;Time;Global_active_power;Global_reactive_power;Voltage\n" + "".join(
    f"16/12/2006;17:{m:02d}:00;4.{m:03d};0.418;234.840\n" if m % 5 else f"16/12/2006;17:{m:02d}:00;?;?;\n"
    for m in range(60)
)
EXCERPTS["esios"] = "id;name;geoid;geoname;value;datetime\n" + "".join(
    f"1001;Término de facturación;8741;Península;{h * 10}.5;2024-06-01T{h:02d}:00:00+02:00\n" for h in range(24)
)
EXCERPTS["ampds"] = "UNIX_TS,WHE,RSE\n" + "".join(f"{1333263600 + 60 * i},{i * 3},0\n" for i in range(60))
EXCERPTS["ausgrid"] = (
    "Solar home electricity data\nCustomer,Generator Capacity,Postcode,Consumption Category,date,"
    + ",".join(f"{(i // 2) % 24}:{'30' if i % 2 else '00'}" for i in range(1, 49))
    + ",Row Quality\n"
    + "".join(
        f"{c},3.78,2076,{k},{d}/07/2012," + ",".join(f"0.{i:03d}" for i in range(48)) + ",\n"
        for c in (1, 2)
        for k in ("GC", "GG")
        for d in (1, 2, 3)
    )
)
EXCERPTS["ld2011"] = '"";"MT_001";"MT_002";"MT_003"\n' + "".join(
    f'"2011-01-01 {h:02d}:15:00";{h},0;3,80710659898477;0\n' for h in range(24)
)
EXCERPTS["aemo"] = "REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE\n" + "".join(
    f'NSW1,"2024/06/01 {h:02d}:05:00",{7000 + h}.12,{h}.5,TRADE\n' for h in range(24)
)
EXCERPTS["toa5"] = (
    '"TOA5","CR1000","CR1000","1234","CR1000.Std.31","CPU:x.CR1","123","Table1"\n"TIMESTAMP","RECORD","Solar_Avg","T_C_Avg"\n"TS","RN","W/m^2","Deg C"\n"","","Avg","Avg"\n'
    + "".join(
        f'"2024-06-01 {h:02d}:00:00",{h},{h}.5,"NAN"\n' if h == 4 else f'"2024-06-01 {h:02d}:00:00",{h},{h}.5,2{h}\n'
        for h in range(24)
    )
)
EXCERPTS["meteo_space"] = "STN  YEARMODA   TEMP   WIND\n" + "".join(
    f"10384 202406{d:02d}  {d}.5   {d + 1}.25\n" for d in range(1, 20)
)
EXCERPTS["ninja"] = (
    '# Renewables.ninja PV (point API) - 50, 10\n# Reference: https://doi.org/10.1016/j.energy.2016.08.060\n# {"units": {"time": "UTC", "electricity": "kW"}}\ntime,local_time,electricity\n'
    + "".join(f"2019-01-01 {h:02d}:00,2019-01-01 {h + 1:02d}:00,{h}.5\n" for h in range(23))
)
EXCERPTS["bsrn_hash"] = "#Date,Energy\n" + "".join(f"2024-06-{d:02d},{d}.5\n" for d in range(1, 20))
EXCERPTS["nohead"] = "".join(f"2024-06-01 {h:02d}:00;{h},5;A\n" for h in range(24))
EXCERPTS["stacked"] = (
    "Meter;;Zähler 1;;Zähler 2;\nDatum;Zeit;Bezug;Lieferung;Bezug;Lieferung\n;;kWh;kWh;kWh;kWh\n"
    + "".join(f"01.06.2024;{h:02d}:00;{h},5;0,1;{h},25;0\n" for h in range(24))
    + "Summe;;12,5;1;2;3\n"
)
EXCERPTS["side"] = "Datum;kWh;;Datum;kWh\n" + "".join(f"01.06.2024;{h},5;;02.06.2024;{h},75\n" for h in range(12))
EXCERPTS["below"] = (
    "Verbrauch\nDatum;kWh\n01.06.2024;1,5\n02.06.2024;2,5\n\nErzeugung\nDatum;kWh;Status\n01.06.2024;1,5;x\n02.06.2024;2,5;y\n03.06.2024;2,5;y\n"
)
EXCERPTS["years"] = "Country,2019,2020,2021\nDE,1.5,2.5,3.5\nFR,2.5,1.5,1.0\n"
EXCERPTS["monthly"] = (
    "Year;Jan;Feb;Mar;Apr;May;Jun;Jul;Aug;Sep;Oct;Nov;Dec;Total\n2019;1;2;3;4;5;6;7;8;9;10;11;12;78\n2020;1;2;3;4;5;6;7;8;9;10;11;12;78\n"
)
