-- Verifying starts from what rows of the destination refer to.
CREATE INDEX blob_destination ON blob (destination_key);
