ALTER TABLE "product_names_unindexed" ALTER COLUMN "name" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "product_names_unindexed" ADD COLUMN "names" text[];--> statement-breakpoint
ALTER TABLE "product_names_unindexed" ADD COLUMN "folded" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "product_names_unindexed" ADD CONSTRAINT "product_names_unindexed_form" CHECK (num_nonnulls("product_names_unindexed"."name", "product_names_unindexed"."names") = 1);--> statement-breakpoint
-- A block is read as a whole, and often: neither compressed nor stored elsewhere.
ALTER TABLE "product_names_unindexed"
	ALTER COLUMN "names" SET STORAGE EXTERNAL,
	ALTER COLUMN "folded" SET STORAGE EXTERNAL,
	SET (toast_tuple_target = 8160);
--> statement-breakpoint
-- In names of ASCII characters alone, which "C" folds to the same several times as fast, only A to Z have case. With the
-- collation "default", the language of the database may have other rules for them. The values stay the same, so the
-- trigram index stays valid.
DO $migration$
DECLARE
	folded text := regexp_replace(pg_get_function_sqlbody('fold_name(text)'::regprocedure), '^RETURN ', '');
	collation_name text := substring(folded FROM 'COLLATE ("und-x-icu"|pg_c_utf8)');
BEGIN
	IF collation_name IS NULL THEN
		RETURN;
	END IF;
	EXECUTE format(
		'CREATE OR REPLACE FUNCTION fold_name(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
			RETURN CASE WHEN pg_catalog.octet_length(name) = pg_catalog.length(name)
				THEN pg_catalog.lower(name COLLATE pg_catalog."C") COLLATE pg_catalog.%s
				ELSE %s END',
		collation_name, folded);
END
$migration$;
