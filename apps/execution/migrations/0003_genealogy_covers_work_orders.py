"""A trace with its work orders stays in the indexes too."""

from django.db import migrations, models


def both(*include):
    return [
        models.Index(
            fields=["parent_lot", "child_lot"], include=include, name="execution_genealogy_down"
        ),
        models.Index(
            fields=["child_lot", "parent_lot"], include=include, name="execution_genealogy_up"
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("execution", "0002_guards")]

    operations = [
        *(migrations.RemoveIndex("genealogyedge", index.name) for index in both("quantity")),
        *(migrations.AddIndex("genealogyedge", i) for i in both("quantity", "work_order")),
    ]
