"""${message}"""

% for line in imports:
${line}
% endfor

revision = "${up_revision}"
down_revision = ${f'"{down_revision}"' if down_revision else None}
branch_labels = None
depends_on = None

SCHEMA = "${schema}"


def upgrade() -> None:
${upgrades}


def downgrade() -> None:
${downgrades}
