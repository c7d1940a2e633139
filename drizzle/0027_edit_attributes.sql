-- Edits change attributes too. The functions are those of 0024_authors.sql; servers of the version before go on calling them
-- without attributes.
CREATE TABLE "attribute_edits" (
	"is_done" boolean PRIMARY KEY DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE FUNCTION change_attributes(attributes jsonb, changes jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
-- No attributes are NULL, as after an import.
RETURN nullif(jsonb_strip_nulls(coalesce(attributes, '{}') || changes), '{}');
--> statement-breakpoint
DROP FUNCTION update_product;
--> statement-breakpoint
DROP FUNCTION create_product;
--> statement-breakpoint
DROP FUNCTION update_products;
--> statement-breakpoint
CREATE FUNCTION update_product(
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
		updated_at = greatest(now(), date_trunc('milliseconds', products.updated_at) + interval '1 millisecond'),
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
CREATE FUNCTION create_product(
	IN product_sku text,
	-- Afterwards: the values of the product that has the SKU.
	INOUT new_name text,
	INOUT new_description text,
	-- Who makes the edit; null if that is unknown.
	IN edited_by text DEFAULT NULL,
	-- An object of texts, or NULL for none.
	IN new_attributes jsonb DEFAULT NULL,
	OUT version timestamptz,
	OUT current_attributes jsonb,
	-- CREATED or ALREADY_EXISTS. Only CREATED has written anything.
	OUT outcome text
)
LANGUAGE plpgsql
-- A plan that was cached while the tables were small must not scan them once they are large.
SET enable_seqscan = off
AS $function$
DECLARE
	stored record;
	current_count bigint;
BEGIN
	LOOP
		-- Waits for a transaction that is deleting the product: the time of the insertion is then later than the deletion.
		SELECT name, description, updated_at, attributes INTO stored FROM products WHERE sku = product_sku FOR KEY SHARE;
		IF FOUND THEN
			outcome := 'ALREADY_EXISTS';
			new_name := stored.name;
			new_description := stored.description;
			version := stored.updated_at;
			current_attributes := stored.attributes;
			RETURN;
		END IF;
		INSERT INTO products AS created (sku, name, description, attributes, updated_at)
		VALUES (product_sku, new_name, new_description, new_attributes, clock_timestamp())
		ON CONFLICT (sku) DO NOTHING
		RETURNING created.updated_at INTO version;
		-- Otherwise another transaction has created the product since, and may have deleted it again.
		EXIT WHEN FOUND;
	END LOOP;
	outcome := 'CREATED';
	current_attributes := new_attributes;
	INSERT INTO product_changes (sku, import_number, kind, changed_at, author)
	VALUES (product_sku, 0, 'INSERTED', version, edited_by);

	PERFORM FROM source_products WHERE sku = product_sku ORDER BY source_id FOR UPDATE;
	DELETE FROM source_products WHERE sku = product_sku;

	PERFORM pg_advisory_xact_lock_shared(5006781002), pg_notify('loadstone_product_counts', '');
	INSERT INTO product_name_counts AS counts (name, product_count) VALUES (new_name, 1)
	ON CONFLICT (name) DO UPDATE SET product_count = counts.product_count + 1
	RETURNING product_count INTO current_count;
	IF current_count = 1 THEN
		INSERT INTO product_names_unindexed (name)
		SELECT new_name WHERE NOT EXISTS (SELECT FROM product_name_search WHERE name = new_name);
	END IF;
	-- Last, as who waits here holds counts.
	IF new_attributes IS NOT NULL THEN
		INSERT INTO attribute_edits SELECT WHERE NOT EXISTS (SELECT FROM attribute_edits) ON CONFLICT DO NOTHING;
	END IF;
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
	names text[];
	changes bigint[];
	outcomes text[];
BEGIN
	PERFORM FROM products WHERE sku = ANY (skus) ORDER BY sku FOR UPDATE;

	SELECT array_agg(CASE
		WHEN stored.sku IS NULL THEN 'NOT_FOUND'
		WHEN coalesce(wanted.name = stored.name, true) AND coalesce(wanted.description = stored.description, true)
			AND (wanted.changes IS NULL
				OR change_attributes(stored.attributes, wanted.changes) IS NOT DISTINCT FROM stored.attributes) THEN 'UNCHANGED'
		WHEN wanted.version <> date_trunc('milliseconds', stored.updated_at) THEN 'CONFLICT'
		ELSE 'UPDATED'
	END ORDER BY wanted.place) INTO outcomes
	FROM unnest(skus, new_names, new_descriptions, attribute_changes, versions) WITH ORDINALITY
		AS wanted (sku, name, description, changes, version, place)
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

	IF EXISTS (SELECT FROM unnest(attribute_changes, outcomes) AS wanted (changes, outcome)
		WHERE wanted.changes IS NOT NULL AND wanted.outcome = 'UPDATED') THEN
		INSERT INTO attribute_edits SELECT WHERE NOT EXISTS (SELECT FROM attribute_edits) ON CONFLICT DO NOTHING;
	END IF;

	RETURN QUERY
	WITH wanted AS (
		SELECT * FROM unnest(skus, new_names, new_descriptions, attribute_changes, outcomes) WITH ORDINALITY
			AS wanted (sku, name, description, changes, outcome, place)
	), updated AS (
		UPDATE products SET
			name = coalesce(wanted.name, products.name),
			description = coalesce(wanted.description, products.description),
			attributes = CASE
				WHEN wanted.changes IS NULL THEN products.attributes
				ELSE change_attributes(products.attributes, wanted.changes)
			END,
			updated_at = greatest(now(), date_trunc('milliseconds', products.updated_at) + interval '1 millisecond'),
			changed_by = 0
		FROM wanted
		WHERE products.sku = wanted.sku AND wanted.outcome = 'UPDATED'
		RETURNING products.sku, products.name, products.description, products.updated_at, products.attributes
	), noted AS (
		INSERT INTO product_changes
			(sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes, author)
		-- Of the snapshot of the statement, which is before the update.
		SELECT stored.sku, 0, 'UPDATED', updated.updated_at,
			stored.name, stored.description, stored.updated_at, stored.changed_by, stored.attributes, edited_by
		FROM updated JOIN products stored ON stored.sku = updated.sku
	)
	SELECT coalesce(updated.name, stored.name), coalesce(updated.description, stored.description),
		coalesce(updated.updated_at, stored.updated_at),
		CASE WHEN updated.sku IS NULL THEN stored.attributes ELSE updated.attributes END, wanted.outcome
	FROM wanted
	LEFT JOIN products stored ON stored.sku = wanted.sku
	LEFT JOIN updated ON updated.sku = wanted.sku
	ORDER BY wanted.place;
END
$function$;
