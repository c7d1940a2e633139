-- Written before every operation: a count waits for no disk, and a crash of the database may forget it.
CREATE UNLOGGED TABLE "rate_counts" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"points" bigint NOT NULL,
	"expire" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "rate_counts_expire" ON "rate_counts" USING btree ("expire");