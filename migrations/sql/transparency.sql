-- The log only grows. Nothing in it is changed or deleted, whoever asks; an entry comes after the one before it.
CREATE FUNCTION transparency_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the log is insert only', tg_op, tg_table_name USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION transparency_tree_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.position > 0 AND NOT EXISTS (
        SELECT FROM transparency_tree t WHERE t.mutual_id = new.mutual_id AND t.position = new.position - 1)
    THEN
        RAISE EXCEPTION 'entry % of the log has no entry before it', new.position USING ERRCODE = 'check_violation';
    END IF;
    IF new.entry_hash <> sha256('\x00'::bytea || convert_to(new.entry, 'UTF8')) THEN
        RAISE EXCEPTION 'entry % of the log has the hash of another text', new.position USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON transparency_tree FOR EACH ROW EXECUTE FUNCTION transparency_tree_guard();

-- A head says what the log was when it was signed: its size is the log's own, and the log goes on from the head before.
CREATE FUNCTION transparency_checkpoint_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record;
BEGIN
    IF new.tree_size <> (SELECT count(*) FROM transparency_tree t WHERE t.mutual_id = new.mutual_id) THEN
        RAISE EXCEPTION 'a head of size % is not of the log as it is', new.tree_size USING ERRCODE = 'check_violation';
    END IF;
    SELECT c.tree_size, c.root, c.origin INTO before FROM transparency_checkpoint c
    WHERE c.mutual_id = new.mutual_id ORDER BY c.id DESC LIMIT 1;
    IF FOUND AND (new.origin <> before.origin OR new.tree_size < before.tree_size
        OR (new.tree_size = before.tree_size AND new.root <> before.root))
    THEN
        RAISE EXCEPTION 'a head of size % does not follow the one of size %', new.tree_size, before.tree_size
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON transparency_checkpoint FOR EACH ROW EXECUTE FUNCTION transparency_checkpoint_guard();

CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transparency_tree
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transparency_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transparency_node
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transparency_key
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transparency_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_refuse_change();

-- The lower levels of a tree are read piece by piece: uncompressed, a piece is read without the rest.
ALTER TABLE transparency_tree ALTER COLUMN nodes SET STORAGE EXTERNAL;
