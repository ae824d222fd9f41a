/**
 * The functions that SQL rules may call in PostgreSQL, by its names in pg_catalog: what standard SQL (ISO/IEC 9075-2:2023, sections 6 and
 * 10) and common practice have for numbers, texts, dates, aggregates and windows. Each is a pure function of its arguments: none reads
 * files, settings, the clock or chance, none writes, none runs SQL, none makes rows or texts of any length, and none of the aggregates
 * depends on the order of rows.
 */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  [
    // Aggregates.
    'count sum avg min max bool_and bool_or every stddev stddev_pop stddev_samp variance var_pop var_samp',
    'covar_pop covar_samp corr percentile_cont percentile_disc',
    'regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy',
    // Windows.
    'row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value',
    // Numbers.
    'abs sign ceil ceiling floor round trunc mod div power pow sqrt cbrt exp ln log log10 pi width_bucket',
    'sin cos tan asin acos atan atan2 radians degrees',
    // Texts.
    'length char_length character_length octet_length lower upper btrim ltrim rtrim trim',
    'substring substr left right position strpos replace translate concat concat_ws reverse',
    'like_escape split_part starts_with ascii chr regexp_like regexp_count regexp_replace regexp_substr',
    // Dates and times.
    'extract date_part date_trunc date_bin make_date make_time make_timestamp make_interval',
    'to_timestamp to_date to_char timezone isfinite justify_days justify_hours justify_interval overlaps',
  ].flatMap((names) => names.split(' ')),
);

export const OPERATORS: ReadonlySet<string> = new Set(
  '= <> != < > <= >= + - * / % ^ || ~~ !~~ ~~* !~~* ~ !~ ~* !~*'.split(' '),
);

/** The types that SQL rules may cast to, by PostgreSQL's names in pg_catalog. */
export const TYPES: ReadonlySet<string> = new Set(
  'bool int2 int4 int8 float4 float8 numeric text varchar bpchar date time timestamp timestamptz interval uuid'.split(
    ' ',
  ),
);
