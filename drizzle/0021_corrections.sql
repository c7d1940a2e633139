CREATE TABLE "row_corrections" (
	"import_id" uuid NOT NULL,
	"line" bigint NOT NULL,
	"corrected_import" uuid NOT NULL,
	"corrected_line" bigint NOT NULL,
	"values" text[] NOT NULL,
	CONSTRAINT "row_corrections_import_id_line_pk" PRIMARY KEY("import_id","line")
);
--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "corrects" uuid;--> statement-breakpoint
CREATE INDEX "row_corrections_corrected" ON "row_corrections" USING btree ("corrected_import","corrected_line");--> statement-breakpoint
CREATE INDEX "imports_corrects" ON "imports" USING btree ("corrects","created_at" desc,"id") WHERE corrects IS NOT NULL;