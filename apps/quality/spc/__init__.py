"""Statistical process control: plain functions over plain values, without the database."""
