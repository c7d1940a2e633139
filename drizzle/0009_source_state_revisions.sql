ALTER TABLE "data_sources" ADD COLUMN "client_revision" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "data_sources" ADD COLUMN "state_revision" bigint DEFAULT 0 NOT NULL;