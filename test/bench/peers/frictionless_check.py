"""frictionless_check.py FILE DESTINATIONS.json: the rules that a Table Schema can state: all ten but freshness."""
import json
import sys

from frictionless import Checklist, Resource, Schema, checks, system

file, destinations = sys.argv[1], json.load(open(sys.argv[2]))
required = {"required": True}
schema = Schema.from_descriptor(
    {
        "fields": [
            {"name": "date", "type": "datetime", "format": "%Y-%m-%d %H:%M:%S"},
            {"name": "delay", "type": "integer", "constraints": {**required, "minimum": -1200, "maximum": 2000}},
            {"name": "distance", "type": "integer", "constraints": {"minimum": 0}},
            {"name": "origin", "type": "string", "constraints": {**required, "pattern": "^[A-Z0-9]{3}$"}},
            {"name": "destination", "type": "string", "constraints": {**required, "enum": destinations}},
        ]
    }
)
with system.use_context(trusted=True):
    dimensions = checks.table_dimensions(min_rows=1000, max_rows=100_000_000)
    report = Resource(path=file, schema=schema).validate(Checklist(checks=[dimensions]))
print(report.stats)
sys.exit(0 if report.valid else 1)
