-- The one meaning of "letter case does not matter". The names' own collation, "C", knows no case beyond ASCII. A
-- small sigma looks different at the end of a word: a part of a name must not depend on where its word ends.
DO $migration$
DECLARE
	collation_name text;
BEGIN
	SELECT quote_ident(collname) INTO STRICT collation_name
	FROM unnest(ARRAY['und-x-icu', 'pg_c_utf8', 'default']) WITH ORDINALITY AS wanted(name, rank)
	JOIN pg_collation ON collname = wanted.name AND collnamespace = 'pg_catalog'::regnamespace
		AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))
	ORDER BY rank
	LIMIT 1;

	EXECUTE format(
		'CREATE FUNCTION fold_name(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
			RETURN pg_catalog.translate(pg_catalog.lower(name COLLATE pg_catalog.%s), ''ς'', ''σ'')',
		collation_name);
END
$migration$;
--> statement-breakpoint
-- Without pg_trgm, or the right to have it, the search gives the same names, more slowly.
DO $migration$
DECLARE
	trgm_schema regnamespace;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
		RAISE NOTICE 'pg_trgm is not installed: searches by a part of the name read all names';
		RETURN;
	END IF;
	CREATE EXTENSION IF NOT EXISTS pg_trgm;
	SELECT extnamespace INTO STRICT trgm_schema FROM pg_extension WHERE extname = 'pg_trgm';
	EXECUTE format(
		'CREATE INDEX product_name_search_trigrams ON product_name_search USING gin (fold_name(name) %s.gin_trgm_ops)',
		trgm_schema);
EXCEPTION
	WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
		RAISE NOTICE 'pg_trgm cannot be used (%): searches by a part of the name read all names', SQLERRM;
END
$migration$;
--> statement-breakpoint
INSERT INTO product_names_unindexed (name) SELECT name FROM product_name_counts;
