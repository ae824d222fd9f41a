"""pandera_check.py FILE DESTINATIONS.json: the ten rules over polars, the faster of its two engines here."""
import datetime
import json
import sys

import pandera.polars as pa
import polars as pl

file, destinations = sys.argv[1], json.load(open(sys.argv[2]))
frame = pl.read_csv(file, try_parse_dates=True) if file.endswith(".csv") else pl.read_parquet(file)
oldest = datetime.datetime(1990, 1, 1)
schema = pa.DataFrameSchema(
    {
        "date": pa.Column(frame.schema["date"], nullable=True),
        "delay": pa.Column(pl.Int64, pa.Check.in_range(-1200, 2000)),
        "distance": pa.Column(pl.Int64, pa.Check.ge(0), nullable=True),
        "origin": pa.Column(pl.String, pa.Check.str_matches("^[A-Z0-9]{3}$")),
        "destination": pa.Column(pl.String, pa.Check.isin(destinations)),
    },
    checks=[
        pa.Check(lambda data: data.lazyframe.select(pl.len().is_between(1000, 100_000_000)), name="rows"),
        pa.Check(lambda data: data.lazyframe.select(pl.col("date").max() > oldest), name="fresh"),
    ],
)
try:
    schema.validate(frame, lazy=True)
except pa.errors.SchemaErrors as errors:
    print(len(errors.failure_cases), "failures")
    sys.exit(1)
