"""Who drew what was deployed, which version it went back to, who sent a draft back."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.add_column(
        "deployment", sa.Column("drawn_by", sa.String(64), nullable=False, server_default="")
    )
    op.add_column("deployment", sa.Column("back_to", sa.Integer(), nullable=True))
    op.add_column("pack", sa.Column("deployment_id", _KEY, nullable=True))
    op.add_column("design_draft", sa.Column("refused_by", _KEY, nullable=True))


def downgrade() -> None:
    op.drop_column("design_draft", "refused_by")
    op.drop_column("pack", "deployment_id")
    op.drop_column("deployment", "back_to")
    op.drop_column("deployment", "drawn_by")
