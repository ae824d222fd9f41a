/** Upper bounds of the latency histogram, seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Requests, errors (5xx) and latency per router and served model, since the server started. */
export class Metrics {
  #series = new Map();

  observe(router, served, failed, seconds) {
    const labels = `router="${router}",model="${served}"`;
    let series = this.#series.get(labels);
    if (series === undefined) {
      series = { requests: 0, errors: 0, seconds: 0, buckets: BUCKETS.map(() => 0) };
      this.#series.set(labels, series);
    }
    series.requests++;
    if (failed) series.errors++;
    series.seconds += seconds;
    BUCKETS.forEach((bound, index) => {
      if (seconds <= bound) series.buckets[index]++;
    });
  }

  /** The Prometheus text format, version 0.0.4. */
  text() {
    const all = [...this.#series];
    const lines = [
      '# TYPE requests_total counter',
      ...all.map(([labels, { requests }]) => `requests_total{${labels}} ${requests}`),
      '# TYPE errors_total counter',
      ...all.map(([labels, { errors }]) => `errors_total{${labels}} ${errors}`),
      '# TYPE request_duration_seconds histogram',
      ...all.flatMap(([labels, { requests, seconds, buckets }]) => [
        ...BUCKETS.map(
          (bound, index) => `request_duration_seconds_bucket{${labels},le="${bound}"} ${buckets[index]}`,
        ),
        `request_duration_seconds_bucket{${labels},le="+Inf"} ${requests}`,
        `request_duration_seconds_sum{${labels}} ${seconds}`,
        `request_duration_seconds_count{${labels}} ${requests}`,
      ]),
    ];
    return `${lines.join('\n')}\n`;
  }
}
