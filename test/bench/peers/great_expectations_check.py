"""great_expectations_check.py FILE DESTINATIONS.json: the ten rules, over its pandas data source."""
import json
import sys

import great_expectations as gx
import great_expectations.expectations as expect
import pandas as pd

file, destinations = sys.argv[1], json.load(open(sys.argv[2]))
frame = pd.read_csv(file, parse_dates=["date"]) if file.endswith(".csv") else pd.read_parquet(file)
types = {"date": str(frame.date.dtype), "delay": "int64", "distance": "int64", "origin": "str", "destination": "str"}
suite = gx.ExpectationSuite("flights")
context = gx.get_context(mode="ephemeral")
context.suites.add(suite)
for rule in [
    expect.ExpectTableRowCountToBeBetween(min_value=1000, max_value=100_000_000),
    *(expect.ExpectColumnToExist(column=name) for name in types),
    *(expect.ExpectColumnValuesToBeOfType(column=name, type_=kind) for name, kind in types.items()),
    *(expect.ExpectColumnValuesToNotBeNull(column=name) for name in ("delay", "origin", "destination")),
    expect.ExpectColumnValuesToBeBetween(column="delay", min_value=-1200, max_value=2000),
    expect.ExpectColumnValuesToBeBetween(column="distance", min_value=0),
    expect.ExpectColumnValuesToMatchRegex(column="origin", regex="^[A-Z0-9]{3}$"),
    expect.ExpectColumnValuesToBeInSet(column="destination", value_set=destinations),
    expect.ExpectColumnMaxToBeBetween(column="date", min_value=pd.Timestamp("1990-01-01")),
]:
    suite.add_expectation(rule)
batch = context.data_sources.add_pandas("pandas").add_dataframe_asset("flights").add_batch_definition_whole_dataframe("all")
checks = context.validation_definitions.add(gx.ValidationDefinition(name="flights", data=batch, suite=suite))
result = checks.run(batch_parameters={"dataframe": frame})
print(result.statistics)
sys.exit(0 if result.success else 1)
