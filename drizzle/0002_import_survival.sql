ALTER TABLE "imports" ALTER COLUMN "owner" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "attempt" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "waiting_for" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "revision" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "retry_until" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "imports_unfinished" ON "imports" USING btree ("created_at") WHERE finished_at IS NULL;