-- Changes or deletes many products in one transaction, as update_product and delete_product (0018_attributes.sql) do with
-- one. Each item of the arrays stands for itself: what cannot be done is told, and the rest is done. Locks are taken in the
-- same order: all product rows by SKU, then claims, then the lock on counts, then the counts by name.

-- Adds to the counts of names, in the byte order of name. `names` are distinct; `changes` are not 0.
CREATE FUNCTION change_name_counts(names text[], changes bigint[]) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off
AS $function$
DECLARE
	moved record;
	current_count bigint;
BEGIN
	IF cardinality(names) = 0 THEN
		RETURN;
	END IF;
	PERFORM pg_advisory_xact_lock_shared(5006781002), pg_notify('loadstone_product_counts', '');
	FOR moved IN
		SELECT name, change FROM unnest(names, changes) AS moves (name, change) ORDER BY name COLLATE "C"
	LOOP
		IF moved.change > 0 THEN
			INSERT INTO product_name_counts AS counts (name, product_count) VALUES (moved.name, moved.change)
			ON CONFLICT (name) DO UPDATE SET product_count = counts.product_count + moved.change
			RETURNING product_count INTO current_count;
			IF current_count = moved.change THEN
				INSERT INTO product_names_unindexed (name)
				SELECT moved.name WHERE NOT EXISTS (SELECT FROM product_name_search WHERE name = moved.name);
			END IF;
		ELSE
			-- Locked first: another transaction may be changing the count.
			SELECT product_count INTO current_count FROM product_name_counts WHERE name = moved.name FOR UPDATE;
			IF current_count = -moved.change THEN
				DELETE FROM product_name_counts WHERE name = moved.name;
			ELSE
				UPDATE product_name_counts SET product_count = product_count + moved.change WHERE name = moved.name;
			END IF;
		END IF;
	END LOOP;
END
$function$;
--> statement-breakpoint
CREATE FUNCTION update_products(
	-- Distinct.
	skus text[],
	-- NULL keeps the current value.
	new_names text[],
	new_descriptions text[],
	-- The `updated_at` that the client has seen, to the millisecond, or NULL to skip the check.
	versions timestamptz[]
)
-- One row for each SKU, in their order, with the values of the product as it is now.
RETURNS TABLE (
	name text,
	description text,
	updated_at timestamptz,
	attributes jsonb,
	-- UPDATED, UNCHANGED, CONFLICT or NOT_FOUND. Only UPDATED has written anything.
	outcome text
)
LANGUAGE plpgsql
-- A plan that was cached while the tables were small must not scan them once they are large.
SET enable_seqscan = off
AS $function$
#variable_conflict use_column
DECLARE
	names text[];
	changes bigint[];
	outcomes text[];
BEGIN
	PERFORM FROM products WHERE sku = ANY (skus) ORDER BY sku FOR UPDATE;

	SELECT array_agg(CASE
		WHEN stored.sku IS NULL THEN 'NOT_FOUND'
		WHEN coalesce(wanted.name = stored.name, true) AND coalesce(wanted.description = stored.description, true) THEN 'UNCHANGED'
		WHEN wanted.version <> date_trunc('milliseconds', stored.updated_at) THEN 'CONFLICT'
		ELSE 'UPDATED'
	END ORDER BY wanted.place) INTO outcomes
	FROM unnest(skus, new_names, new_descriptions, versions) WITH ORDINALITY AS wanted (sku, name, description, version, place)
	LEFT JOIN products stored ON stored.sku = wanted.sku;

	SELECT coalesce(array_agg(moved.name), '{}'), coalesce(array_agg(moved.change), '{}') INTO names, changes
	FROM (
		SELECT moves.name, sum(moves.change)::bigint AS change
		FROM unnest(skus, new_names, outcomes) AS wanted (sku, name, outcome)
		JOIN products stored ON stored.sku = wanted.sku
		CROSS JOIN LATERAL (VALUES (stored.name, -1), (wanted.name, 1)) AS moves (name, change)
		WHERE wanted.outcome = 'UPDATED' AND wanted.name <> stored.name
		GROUP BY moves.name
		HAVING sum(moves.change) <> 0
	) AS moved;
	PERFORM change_name_counts(names, changes);

	RETURN QUERY
	WITH wanted AS (
		SELECT * FROM unnest(skus, new_names, new_descriptions, outcomes) WITH ORDINALITY
			AS wanted (sku, name, description, outcome, place)
	), updated AS (
		UPDATE products SET
			name = coalesce(wanted.name, products.name),
			description = coalesce(wanted.description, products.description),
			updated_at = greatest(now(), date_trunc('milliseconds', products.updated_at) + interval '1 millisecond'),
			changed_by = 0
		FROM wanted
		WHERE products.sku = wanted.sku AND wanted.outcome = 'UPDATED'
		RETURNING products.sku, products.name, products.description, products.updated_at
	), noted AS (
		INSERT INTO product_changes
			(sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes)
		-- Of the snapshot of the statement, which is before the update.
		SELECT stored.sku, 0, 'UPDATED', updated.updated_at,
			stored.name, stored.description, stored.updated_at, stored.changed_by, stored.attributes
		FROM updated JOIN products stored ON stored.sku = updated.sku
	)
	SELECT coalesce(updated.name, stored.name), coalesce(updated.description, stored.description),
		coalesce(updated.updated_at, stored.updated_at), stored.attributes, wanted.outcome
	FROM wanted
	LEFT JOIN products stored ON stored.sku = wanted.sku
	LEFT JOIN updated ON updated.sku = wanted.sku
	ORDER BY wanted.place;
END
$function$;
--> statement-breakpoint
CREATE FUNCTION delete_products(
	-- Distinct.
	skus text[],
	-- The `updated_at` that the client has seen, to the millisecond, or NULL to skip the check.
	versions timestamptz[]
)
-- One row for each SKU, in their order, with the values of the product as it was.
RETURNS TABLE (
	name text,
	description text,
	updated_at timestamptz,
	attributes jsonb,
	-- DELETED, CONFLICT or NOT_FOUND. Only DELETED has written anything.
	outcome text
)
LANGUAGE plpgsql
SET enable_seqscan = off
AS $function$
#variable_conflict use_column
DECLARE
	names text[];
	changes bigint[];
	outcomes text[];
	deleted_skus text[];
BEGIN
	PERFORM FROM products WHERE sku = ANY (skus) ORDER BY sku FOR UPDATE;

	SELECT array_agg(judged.outcome ORDER BY judged.place),
		coalesce(array_agg(judged.sku) FILTER (WHERE judged.outcome = 'DELETED'), '{}')
	INTO outcomes, deleted_skus
	FROM (
		SELECT wanted.sku, wanted.place, CASE
			WHEN stored.sku IS NULL THEN 'NOT_FOUND'
			WHEN wanted.version <> date_trunc('milliseconds', stored.updated_at) THEN 'CONFLICT'
			ELSE 'DELETED'
		END AS outcome
		FROM unnest(skus, versions) WITH ORDINALITY AS wanted (sku, version, place)
		LEFT JOIN products stored ON stored.sku = wanted.sku
	) AS judged;

	PERFORM FROM source_products WHERE sku = ANY (deleted_skus) ORDER BY sku, source_id FOR UPDATE;
	DELETE FROM source_products WHERE sku = ANY (deleted_skus);

	SELECT coalesce(array_agg(gone.name), '{}'), coalesce(array_agg(gone.change), '{}') INTO names, changes
	FROM (
		SELECT name, -count(*) AS change FROM products WHERE sku = ANY (deleted_skus) GROUP BY name
	) AS gone;
	PERFORM change_name_counts(names, changes);

	RETURN QUERY
	WITH gone AS (
		DELETE FROM products WHERE sku = ANY (deleted_skus) RETURNING *
	), noted AS (
		INSERT INTO product_changes
			(sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes)
		SELECT gone.sku, 0, 'DELETED', greatest(clock_timestamp(), gone.updated_at),
			gone.name, gone.description, gone.updated_at, gone.changed_by, gone.attributes
		FROM gone
	)
	SELECT stored.name, stored.description, stored.updated_at, stored.attributes, wanted.outcome
	FROM unnest(skus, outcomes) WITH ORDINALITY AS wanted (sku, outcome, place)
	LEFT JOIN products stored ON stored.sku = wanted.sku
	ORDER BY wanted.place;
END
$function$;
