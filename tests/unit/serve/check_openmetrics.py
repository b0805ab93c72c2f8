#!/usr/bin/python3
"""Reads a page of metrics on stdin with the strict parser of the Prometheus client and prints every sample as
`name{label=value,...} number`, sorted. Exit 1: the page breaks OpenMetrics 1.0; 4: the parser is not installed."""
import sys

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    sys.exit(4)

# newline: a carriage return in a label must stay what it is
sys.stdin.reconfigure(encoding="utf-8", errors="strict", newline="\n")
try:
    page = sys.stdin.read()
    families = list(text_string_to_metric_families(page))
except ValueError as error:
    sys.exit(f"not OpenMetrics: {error}")

undocumented = [family.name for family in families if not family.documentation]
if undocumented:
    sys.exit(f"without HELP: {', '.join(undocumented)}")

# The parser lets a repeated series pass.
series = [line.rpartition(" ")[0] for line in page.split("\n") if line and not line.startswith("#")]
repeated = {name for name in series if series.count(name) > 1}
if repeated:
    sys.exit(f"more than once: {', '.join(sorted(repeated))}")

samples = [(sample.name, sorted(sample.labels.items()), sample.value) for family in families for sample in family.samples]
for name, labels, value in sorted(samples):
    print(f"{name}{{{','.join(f'{label}={text}' for label, text in labels)}}} {float(value):g}")
