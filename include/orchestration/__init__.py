"""DAG bundle, factory, tasks: the only room that knows Airflow."""
