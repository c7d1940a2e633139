-- Creates or deletes one product, with the count of its name and the claims of data sources to its SKU, in one round
-- trip. Functions for the reasons, and with the order of locks, of update_product (0008_update_product.sql): the product,
-- its claims, COUNTS_LOCK, the count.
--
-- The numbers and names that they share with the server are checked by test/db/catalogue/update-product.test.ts.
CREATE FUNCTION create_product(
	IN product_sku text,
	-- Afterwards: the values of the product that has the SKU.
	INOUT new_name text,
	INOUT new_description text,
	OUT version timestamptz,
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
		SELECT name, description, updated_at INTO stored FROM products WHERE sku = product_sku FOR KEY SHARE;
		IF FOUND THEN
			outcome := 'ALREADY_EXISTS';
			new_name := stored.name;
			new_description := stored.description;
			version := stored.updated_at;
			RETURN;
		END IF;
		INSERT INTO products AS created (sku, name, description, updated_at)
		VALUES (product_sku, new_name, new_description, clock_timestamp())
		ON CONFLICT (sku) DO NOTHING
		RETURNING created.updated_at INTO version;
		-- Otherwise another transaction has created the product since, and may have deleted it again.
		EXIT WHEN FOUND;
	END LOOP;
	outcome := 'CREATED';

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
END
$function$;
--> statement-breakpoint
CREATE FUNCTION delete_product(
	IN product_sku text,
	-- The `updated_at` that the client has seen, to the millisecond, or NULL to skip the check. Afterwards, as the name
	-- and the description: that of the product as it was.
	INOUT version timestamptz,
	OUT old_name text,
	OUT old_description text,
	-- DELETED, CONFLICT or NOT_FOUND. Only DELETED has written anything.
	OUT outcome text
)
LANGUAGE plpgsql
SET enable_seqscan = off
AS $function$
DECLARE
	stored record;
	current_count bigint;
BEGIN
	SELECT name, description, updated_at INTO stored FROM products WHERE sku = product_sku FOR UPDATE;
	outcome := CASE
		WHEN NOT FOUND THEN 'NOT_FOUND'
		WHEN version <> date_trunc('milliseconds', stored.updated_at) THEN 'CONFLICT'
		ELSE 'DELETED'
	END;
	old_name := stored.name;
	old_description := stored.description;
	version := stored.updated_at;
	IF outcome <> 'DELETED' THEN
		RETURN;
	END IF;

	DELETE FROM products WHERE sku = product_sku;
	PERFORM FROM source_products WHERE sku = product_sku ORDER BY source_id FOR UPDATE;
	DELETE FROM source_products WHERE sku = product_sku;

	PERFORM pg_advisory_xact_lock_shared(5006781002), pg_notify('loadstone_product_counts', '');
	-- Locked first: another transaction may be changing a count of 1.
	SELECT product_count INTO current_count FROM product_name_counts WHERE name = old_name FOR UPDATE;
	IF current_count = 1 THEN
		DELETE FROM product_name_counts WHERE name = old_name;
	ELSE
		UPDATE product_name_counts SET product_count = product_count - 1 WHERE name = old_name;
	END IF;
END
$function$;
