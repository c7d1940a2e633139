CREATE TABLE "product_index_uses" (
	"index_name" text PRIMARY KEY NOT NULL,
	"used_on" date DEFAULT current_date NOT NULL
);
