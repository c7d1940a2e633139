-- Edits of a catalogue that is spread over the nodes of a Citus cluster: the functions of 0024_authors.sql and
-- 0027_edit_attributes.sql, with statements that have the same effect there as on one node. Rows of several nodes are locked
-- one by one; what is stored is kept in variables, not read again by a statement that writes it; and times are calculated in
-- UTC, as no other time zone may be looked up where the rows are.
CREATE OR REPLACE FUNCTION update_product(
	IN product_sku text,
	-- NULL keeps the current value. Afterwards: the values of the product as it is now.
	INOUT new_name text,
	INOUT new_description text,
	-- The `updated_at` that the client has seen, to the millisecond, or NULL to skip the check.
	INOUT version timestamptz,
	-- Who makes the edit; null if that is unknown.
	IN edited_by text DEFAULT NULL,
	-- An object: a text sets an attribute, null removes it. NULL keeps all.
	IN attribute_changes jsonb DEFAULT NULL,
	-- Of the product as it is now.
	OUT current_attributes jsonb,
	-- UPDATED, UNCHANGED, CONFLICT or NOT_FOUND. Only UPDATED has written anything.
	OUT outcome text
)
LANGUAGE plpgsql
-- A plan that was cached while the tables were small must not scan them once they are large.
SET enable_seqscan = off
AS $function$
DECLARE
	stored record;
	moved record;
	current_count bigint;
BEGIN
	SELECT name, description, updated_at, changed_by, attributes INTO stored FROM products WHERE sku = product_sku FOR UPDATE;
	outcome := CASE
		WHEN NOT FOUND THEN 'NOT_FOUND'
		WHEN coalesce(new_name = stored.name, true) AND coalesce(new_description = stored.description, true)
			AND (attribute_changes IS NULL
				OR change_attributes(stored.attributes, attribute_changes) IS NOT DISTINCT FROM stored.attributes) THEN 'UNCHANGED'
		WHEN version <> date_trunc('milliseconds', stored.updated_at) THEN 'CONFLICT'
		ELSE 'UPDATED'
	END;
	current_attributes := stored.attributes;
	IF outcome <> 'UPDATED' THEN
		new_name := stored.name;
		new_description := stored.description;
		version := stored.updated_at;
		RETURN;
	END IF;

	IF new_name <> stored.name THEN
		PERFORM pg_advisory_xact_lock_shared(5006781002), pg_notify('loadstone_product_counts', '');
		-- In ascending byte order of name, as every update does: so two updates never wait for each other.
		FOR moved IN
			SELECT name, change FROM (VALUES (stored.name, -1), (new_name, 1)) AS names (name, change)
			ORDER BY name COLLATE "C"
		LOOP
			IF moved.change = 1 THEN
				INSERT INTO product_name_counts AS counts (name, product_count) VALUES (moved.name, 1)
				ON CONFLICT (name) DO UPDATE SET product_count = counts.product_count + 1
				RETURNING product_count INTO current_count;
				IF current_count = 1 THEN
					INSERT INTO product_names_unindexed (name)
					SELECT moved.name WHERE NOT EXISTS (SELECT FROM product_name_search WHERE name = moved.name);
				END IF;
			ELSE
				-- Locked first: another update may be changing a count of 1.
				SELECT product_count INTO current_count FROM product_name_counts WHERE name = moved.name FOR UPDATE;
				IF current_count = 1 THEN
					DELETE FROM product_name_counts WHERE name = moved.name;
				ELSE
					UPDATE product_name_counts SET product_count = product_count - 1 WHERE name = moved.name;
				END IF;
			END IF;
		END LOOP;
	END IF;

	IF attribute_changes IS NOT NULL THEN
		current_attributes := change_attributes(stored.attributes, attribute_changes);
		INSERT INTO attribute_edits SELECT WHERE NOT EXISTS (SELECT FROM attribute_edits) ON CONFLICT DO NOTHING;
	END IF;

	UPDATE products SET
		name = coalesce(new_name, name),
		description = coalesce(new_description, description),
		-- Its own value, if nothing changes: a large one is not stored anew.
		attributes = CASE WHEN attribute_changes IS NULL THEN attributes ELSE current_attributes END,
		updated_at = greatest(now(), (date_trunc('milliseconds', products.updated_at AT TIME ZONE 'UTC') + interval '1 millisecond') AT TIME ZONE 'UTC'),
		changed_by = 0
	WHERE sku = product_sku
	RETURNING name, description, updated_at INTO new_name, new_description, version;
	INSERT INTO product_changes
		(sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes, author)
	VALUES
		(product_sku, 0, 'UPDATED', version, stored.name, stored.description, stored.updated_at, stored.changed_by, stored.attributes, edited_by);
END
$function$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION update_products(
	-- Distinct.
	skus text[],
	-- NULL keeps the current value.
	new_names text[],
	new_descriptions text[],
	-- The `updated_at` that the client has seen, to the millisecond, or NULL to skip the check.
	versions timestamptz[],
	-- Who makes the edit; null if that is unknown.
	edited_by text DEFAULT NULL,
	-- Objects: a text sets an attribute, null removes it. NULL keeps all.
	attribute_changes jsonb[] DEFAULT NULL
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
	wanted record;
	stored record;
	-- Of each SKU, in their order.
	old_names text[] := array_fill(NULL::text, ARRAY[cardinality(skus)]);
	old_descriptions text[] := old_names;
	old_versions timestamptz[] := old_names;
	old_writers integer[] := old_names;
	old_attributes jsonb[] := old_names;
	now_attributes jsonb[];
	now_versions timestamptz[];
	names text[];
	changes bigint[];
	outcomes text[];
BEGIN
	FOR wanted IN
		SELECT sku, place FROM unnest(skus) WITH ORDINALITY AS wanted (sku, place) ORDER BY sku COLLATE "C"
	LOOP
		SELECT products.name, products.description, products.updated_at, products.changed_by, products.attributes INTO stored
		FROM products WHERE products.sku = wanted.sku FOR UPDATE;
		old_names[wanted.place] := stored.name;
		old_descriptions[wanted.place] := stored.description;
		old_versions[wanted.place] := stored.updated_at;
		old_writers[wanted.place] := stored.changed_by;
		old_attributes[wanted.place] := stored.attributes;
	END LOOP;

	SELECT
		array_agg(CASE
			WHEN judged.old_version IS NULL THEN 'NOT_FOUND'
			WHEN coalesce(judged.name = judged.old_name, true) AND coalesce(judged.description = judged.old_description, true)
				AND judged.attributes IS NOT DISTINCT FROM judged.old_attributes THEN 'UNCHANGED'
			WHEN judged.version <> date_trunc('milliseconds', judged.old_version) THEN 'CONFLICT'
			ELSE 'UPDATED'
		END ORDER BY judged.place),
		array_agg(judged.attributes ORDER BY judged.place),
		array_agg(greatest(now(), (date_trunc('milliseconds', judged.old_version AT TIME ZONE 'UTC') + interval '1 millisecond') AT TIME ZONE 'UTC') ORDER BY judged.place)
	INTO outcomes, now_attributes, now_versions
	FROM (
		SELECT wanted.*,
			CASE WHEN wanted.changes IS NULL THEN wanted.old_attributes
				ELSE change_attributes(wanted.old_attributes, wanted.changes) END AS attributes
		FROM unnest(skus, new_names, new_descriptions, attribute_changes, versions, old_names, old_descriptions, old_versions, old_attributes)
			WITH ORDINALITY AS wanted
			(sku, name, description, changes, version, old_name, old_description, old_version, old_attributes, place)
	) AS judged;

	SELECT coalesce(array_agg(moved.name), '{}'), coalesce(array_agg(moved.change), '{}') INTO names, changes
	FROM (
		SELECT moves.name, sum(moves.change)::bigint AS change
		FROM unnest(old_names, new_names, outcomes) AS wanted (old_name, name, outcome)
		CROSS JOIN LATERAL (VALUES (wanted.old_name, -1), (wanted.name, 1)) AS moves (name, change)
		WHERE wanted.outcome = 'UPDATED' AND wanted.name <> wanted.old_name
		GROUP BY moves.name
		HAVING sum(moves.change) <> 0
	) AS moved;
	PERFORM change_name_counts(names, changes);

	IF EXISTS (SELECT FROM unnest(attribute_changes, outcomes) AS wanted (changes, outcome)
		WHERE wanted.changes IS NOT NULL AND wanted.outcome = 'UPDATED') THEN
		INSERT INTO attribute_edits SELECT WHERE NOT EXISTS (SELECT FROM attribute_edits) ON CONFLICT DO NOTHING;
	END IF;

	UPDATE products SET
		name = coalesce(wanted.name, products.name),
		description = coalesce(wanted.description, products.description),
		-- Its own value, if nothing changes: a large one is not stored anew.
		attributes = CASE WHEN wanted.changes IS NULL THEN products.attributes ELSE wanted.attributes END,
		updated_at = wanted.version,
		changed_by = 0
	FROM unnest(skus, new_names, new_descriptions, attribute_changes, now_attributes, now_versions, outcomes)
		AS wanted (sku, name, description, changes, attributes, version, outcome)
	WHERE products.sku = wanted.sku AND wanted.outcome = 'UPDATED';

	INSERT INTO product_changes
		(sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes, author)
	SELECT stored.sku, 0, 'UPDATED', stored.version,
		stored.name, stored.description, stored.old_version, stored.writer, stored.attributes, edited_by
	FROM unnest(skus, now_versions, old_names, old_descriptions, old_versions, old_writers, old_attributes, outcomes)
		AS stored (sku, version, name, description, old_version, writer, attributes, outcome)
	WHERE stored.outcome = 'UPDATED';

	RETURN QUERY
	SELECT
		CASE WHEN wanted.outcome = 'UPDATED' THEN coalesce(wanted.name, wanted.old_name) ELSE wanted.old_name END,
		CASE WHEN wanted.outcome = 'UPDATED' THEN coalesce(wanted.description, wanted.old_description) ELSE wanted.old_description END,
		CASE WHEN wanted.outcome = 'UPDATED' THEN wanted.version ELSE wanted.old_version END,
		CASE WHEN wanted.outcome = 'UPDATED' THEN wanted.attributes ELSE wanted.old_attributes END,
		wanted.outcome
	FROM unnest(new_names, old_names, new_descriptions, old_descriptions, now_versions, old_versions, now_attributes, old_attributes, outcomes)
		WITH ORDINALITY AS wanted
		(name, old_name, description, old_description, version, old_version, attributes, old_attributes, outcome, place)
	ORDER BY wanted.place;
END
$function$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION delete_products(
	-- Distinct.
	skus text[],
	-- The `updated_at` that the client has seen, to the millisecond, or NULL to skip the check.
	versions timestamptz[],
	-- Who makes the edit; null if that is unknown.
	edited_by text DEFAULT NULL
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
	wanted record;
	stored record;
	-- Of each SKU, in their order.
	old_names text[] := array_fill(NULL::text, ARRAY[cardinality(skus)]);
	old_descriptions text[] := old_names;
	old_versions timestamptz[] := old_names;
	old_writers integer[] := old_names;
	old_attributes jsonb[] := old_names;
	outcomes text[] := old_names;
	deleted_skus text[] := '{}';
	names text[];
	changes bigint[];
BEGIN
	FOR wanted IN
		SELECT sku, version, place FROM unnest(skus, versions) WITH ORDINALITY AS wanted (sku, version, place)
		ORDER BY sku COLLATE "C"
	LOOP
		SELECT products.name, products.description, products.updated_at, products.changed_by, products.attributes INTO stored
		FROM products WHERE products.sku = wanted.sku FOR UPDATE;
		outcomes[wanted.place] := CASE
			WHEN NOT FOUND THEN 'NOT_FOUND'
			WHEN wanted.version <> date_trunc('milliseconds', stored.updated_at) THEN 'CONFLICT'
			ELSE 'DELETED'
		END;
		IF outcomes[wanted.place] = 'DELETED' THEN
			deleted_skus := deleted_skus || wanted.sku;
		END IF;
		old_names[wanted.place] := stored.name;
		old_descriptions[wanted.place] := stored.description;
		old_versions[wanted.place] := stored.updated_at;
		old_writers[wanted.place] := stored.changed_by;
		old_attributes[wanted.place] := stored.attributes;
	END LOOP;

	FOR wanted IN SELECT unnest(deleted_skus) AS sku LOOP
		PERFORM FROM source_products WHERE source_products.sku = wanted.sku ORDER BY source_id FOR UPDATE;
	END LOOP;
	DELETE FROM source_products WHERE sku = ANY (deleted_skus);

	SELECT coalesce(array_agg(gone.name), '{}'), coalesce(array_agg(gone.change), '{}') INTO names, changes
	FROM (
		SELECT stored.name, -count(*) AS change FROM unnest(old_names, outcomes) AS stored (name, outcome)
		WHERE stored.outcome = 'DELETED' GROUP BY stored.name
	) AS gone;
	PERFORM change_name_counts(names, changes);

	DELETE FROM products WHERE sku = ANY (deleted_skus);

	INSERT INTO product_changes
		(sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes, author)
	SELECT stored.sku, 0, 'DELETED', greatest(clock_timestamp(), stored.version),
		stored.name, stored.description, stored.version, stored.writer, stored.attributes, edited_by
	FROM unnest(skus, old_names, old_descriptions, old_versions, old_writers, old_attributes, outcomes)
		AS stored (sku, name, description, version, writer, attributes, outcome)
	WHERE stored.outcome = 'DELETED';

	RETURN QUERY
	SELECT stored.name, stored.description, stored.version, stored.attributes, stored.outcome
	FROM unnest(old_names, old_descriptions, old_versions, old_attributes, outcomes) WITH ORDINALITY
		AS stored (name, description, version, attributes, outcome, place)
	ORDER BY stored.place;
END
$function$;
--> statement-breakpoint
-- The size of a table's rows in bytes, on all nodes if it is spread over the nodes of a Citus cluster.
CREATE FUNCTION stored_size(stored regclass) RETURNS bigint
LANGUAGE plpgsql
AS $function$
DECLARE
	is_spread boolean := false;
	size bigint;
BEGIN
	IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
		EXECUTE 'SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = $1)' INTO is_spread USING stored;
	END IF;
	IF is_spread THEN
		EXECUTE 'SELECT citus_relation_size($1)' INTO size USING stored;
		RETURN size;
	END IF;
	RETURN pg_relation_size(stored);
END
$function$;
