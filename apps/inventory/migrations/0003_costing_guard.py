"""An item in stock keeps its costing and its category, on which its layers and accounts rest.

A posting reads both after it has locked the item's valuation row. The guard replaces that row
when it lets a change pass, so that a posting that waited for the old one looks again.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION inventory_free_of_stock(item_ids bigint[], guard text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM inventory_itemvaluation WHERE item_id = ANY(item_ids)
    ORDER BY item_id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM inventory_itemvaluation
              WHERE item_id = ANY(item_ids) AND (quantity <> 0 OR value <> 0)) THEN
    RAISE EXCEPTION 'in stock' USING ERRCODE = 'P0A03', CONSTRAINT = guard;
  END IF;
  WITH gone AS (DELETE FROM inventory_itemvaluation WHERE item_id = ANY(item_ids)
                RETURNING company_id, item_id, standard_cost)
  INSERT INTO inventory_itemvaluation (company_id, item_id, quantity, value, standard_cost)
  SELECT company_id, item_id, 0, 0, standard_cost FROM gone ORDER BY item_id;
END $$;

CREATE FUNCTION inventory_guard_costing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM inventory_free_of_stock(
    ARRAY(SELECT id FROM masterdata_item WHERE category_id = NEW.id),
    'inventory_costing_of_stock');
  RETURN NULL;
END $$;
CREATE TRIGGER inventory_costing_of_stock AFTER UPDATE OF costing ON masterdata_itemcategory
  FOR EACH ROW WHEN (OLD.costing IS DISTINCT FROM NEW.costing)
  EXECUTE FUNCTION inventory_guard_costing();

CREATE FUNCTION inventory_guard_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM inventory_free_of_stock(ARRAY[NEW.id], 'inventory_category_of_stock');
  RETURN NULL;
END $$;
CREATE TRIGGER inventory_category_of_stock AFTER UPDATE OF category_id ON masterdata_item
  FOR EACH ROW WHEN (OLD.category_id IS DISTINCT FROM NEW.category_id)
  EXECUTE FUNCTION inventory_guard_category();
"""
BACK = """
DROP TRIGGER inventory_category_of_stock ON masterdata_item;
DROP TRIGGER inventory_costing_of_stock ON masterdata_itemcategory;
DROP FUNCTION inventory_guard_category();
DROP FUNCTION inventory_guard_costing();
DROP FUNCTION inventory_free_of_stock(bigint[], text);
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_guards"), ("masterdata", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, BACK)]
