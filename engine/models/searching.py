"""What cases are found by."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base


class CaseWords(Base):
    """The place of a case in the index of texts (全文索引), numbered as cases come.

    words: its tokens on PostgreSQL, under a GIN index, and the units that may see it, behind a
    slash. On SQLite the tokens are in the FTS5 table `case_index` under the number `id`, which
    keeps the index alone and no text; there `words` is nothing. Of the texts of confidential and
    of sealed cases nothing is in it, only the number, and of sealed ones no unit.
    """

    __tablename__ = "case_words"
    __table_args__ = (
        # On SQLite there is nothing in it.
        Index(
            "ix_case_words_words",
            "words",
            postgresql_using="gin",
            sqlite_where=text("words IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), unique=True)
    words: Mapped[str | None] = mapped_column(TSVECTOR().with_variant(Text(), "sqlite"))
