"""The DAGs of the platform: every minute mails and the search index; every hour what has outlived its time."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

from include.orchestration.housekeeping import (
    deliver_mail,
    remove_leftovers,
    remove_old_quarantine,
    remove_old_uploads,
    update_index,
)

for work, schedule in (
    (deliver_mail, "* * * * *"),
    (update_index, "* * * * *"),
    (remove_leftovers, "17 * * * *"),
    (remove_old_uploads, "37 * * * *"),
    (remove_old_quarantine, "47 * * * *"),
):
    with DAG(
        dag_id=f"housekeeping_{work.__name__}",
        dag_display_name=f"Housekeeping: {work.__name__.replace('_', ' ')}",
        schedule=schedule,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        dagrun_timeout=timedelta(minutes=5),
        tags=["housekeeping"],
        default_args={"owner": "platform"},
        doc_md=work.__doc__,
    ):
        PythonOperator(task_id=work.__name__, python_callable=work)
