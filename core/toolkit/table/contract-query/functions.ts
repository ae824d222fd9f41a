/**
 * The functions that SQL rules may call, by DuckDB's names: what standard SQL (ISO/IEC 9075-2:2023, sections 6 and 10) and common
 * practice have for numbers, texts, dates, aggregates and windows. Each is a pure function of its arguments: none reads files,
 * settings, the clock or chance, none writes, none runs SQL, none makes rows, and none of the aggregates depends on the order of rows.
 */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  [
    // Operators.
    '+ - * / // % ^ ** || ~~ !~~ ~~* !~~* ~~~',
    'like_escape not_like_escape ilike_escape not_ilike_escape',
    // Aggregates.
    'count count_star count_if countif sum avg mean min max bool_and bool_or median quantile_cont quantile_disc',
    'stddev stddev_pop stddev_samp variance var_pop var_samp covar_pop covar_samp corr',
    'regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy',
    // Windows.
    'row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value',
    // Numbers.
    'abs sign ceil ceiling floor round trunc mod divide power pow sqrt cbrt exp ln log log10 log2 pi',
    'sin cos tan asin acos atan atan2 radians degrees greatest least isfinite isinf isnan nullif',
    // Texts.
    'length len char_length character_length strlen octet_length lower lcase upper ucase trim ltrim rtrim',
    'substring substr left right position strpos instr replace translate concat concat_ws lpad rpad reverse',
    'split_part starts_with ends_with prefix suffix contains ascii chr unicode',
    'regexp_matches regexp_full_match regexp_replace regexp_extract',
    // Dates and times.
    'date_part datepart date_trunc datetrunc date_diff datediff date_sub datesub date_add last_day',
    'year month day hour minute second quarter week weekofyear dayofmonth dayofweek dayofyear isodow isoyear yearweek',
    'millisecond microsecond epoch epoch_ms epoch_us dayname monthname make_date make_time make_timestamp',
    'to_timestamp strftime strptime try_strptime timezone',
    'to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds',
  ].flatMap((names) => names.split(' ')),
);

/** The types that SQL rules may cast to, by DuckDB's names. */
export const TYPES: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'HUGEINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
  'UHUGEINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL',
  'VARCHAR',
  'BLOB',
  'UUID',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_S',
  'TIMESTAMP_MS',
  'TIMESTAMP_NS',
  'TIME WITH TIME ZONE',
  'TIMESTAMP WITH TIME ZONE',
  'INTERVAL',
]);

/** What DuckDB takes for a call where a query names no column so: the clock and the session. */
export const CALLED_WITHOUT_PARENTHESES: ReadonlySet<string> = new Set([
  'current_catalog',
  'current_date',
  'current_role',
  'current_schema',
  'current_time',
  'current_timestamp',
  'current_user',
  'localtime',
  'localtimestamp',
  'session_user',
  'user',
]);
