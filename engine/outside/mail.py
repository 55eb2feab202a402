"""Notices by mail (电子邮件): one plain letter for each message, under one Message-ID.

A letter that is sent again after a crash carries the same Message-ID, so that its reader's
mailbox knows it.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from engine import notice_words
from engine.commands.notices import Undeliverable
from engine.outside.secure import trust
from engine.queries.notices import Letter
from engine.ways_out import Smtp, is_mail_address

SECONDS = 10  # for each step; a server that is silent for longer is tried later
REFUSED_FOR_GOOD = 500


class Mailer:
    """Sends letters through the office's mail server. public_url: "" if it is not known."""

    def __init__(self, smtp: Smtp, public_url: str = "") -> None:
        self.smtp = smtp
        self.public_url = public_url

    def send(self, letter: Letter) -> None:
        """Send one letter.

        Raises `Undeliverable` if its address or it is refused for good, else what went wrong on
        the way: `OSError`, `smtplib.SMTPException`.
        """
        if not is_mail_address(letter.email):
            raise Undeliverable("no mail address")
        message = self.written(letter)
        try:
            with self._connected() as server:
                server.send_message(message, self.smtp.sender, [letter.email])
        except smtplib.SMTPRecipientsRefused as error:
            code = next((said[0] for said in error.recipients.values()), 0)
            if code >= REFUSED_FOR_GOOD:
                raise Undeliverable(f"address refused {code}") from error
            raise
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= REFUSED_FOR_GOOD:
                raise Undeliverable(f"letter refused {error.smtp_code}") from error
            raise

    def written(self, letter: Letter) -> EmailMessage:
        """The letter as it goes out, always the same for the same notices."""
        message = EmailMessage()
        message["From"] = self.smtp.sender
        message["To"] = letter.email
        message["Subject"] = notice_words.subject(letter.said, letter.language)
        message["Date"] = format_datetime(letter.written_at)
        message["Message-ID"] = f"<{letter.id.hex}@{self.smtp.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        lines = [
            (said, f"{self.public_url}{one.path}" if self.public_url and one.path else "")
            for said, one in zip(letter.said, letter.notices, strict=True)
        ]
        choose = f"{self.public_url}/notices/settings" if self.public_url else ""
        message.set_content(
            notice_words.letter(letter.name, lines, choose, letter.language), cte="base64"
        )
        message["Content-Language"] = "en" if letter.language == "en" else "zh-CN"
        return message

    def _connected(self) -> smtplib.SMTP:
        smtp = self.smtp
        if smtp.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                smtp.host, smtp.port, timeout=SECONDS, context=trust(smtp.ca)
            )
        else:
            server = smtplib.SMTP(smtp.host, smtp.port, timeout=SECONDS)
        try:
            if smtp.security == "starttls":
                server.starttls(context=trust(smtp.ca))
            if smtp.user:
                server.login(smtp.user, smtp.password)
        except (OSError, smtplib.SMTPException, ssl.SSLError):
            server.close()
            raise
        return server
