"""Commands about files: each is a call of DIT's."""

from __future__ import annotations

from pyftpdlib.handlers.ftp.producers import FileProducer

from simulator.ftps.calls import Answer, Command
from simulator.ftps.folder_commands import FolderCommands
from simulator.ftps.refusals import FtpCode, refuse
from simulator.ftps.sending import Sending
from simulator.ftps.transfers import Download, Upload
from simulator.store import StoreError


class Session(FolderCommands):
    """The session of one connection; the server sets ``backend`` and ``ssl_context`` in a subclass."""

    def ftp_REST(self, line: str) -> None:  # noqa: N802
        """Have the next RETR begin further on."""
        if not line.isdecimal() or len(line) > 12:
            raise refuse(501, FtpCode.SYNTAX, "REST takes a number of bytes")
        self._restart_position = int(line)
        self.respond(f"350 the next RETR begins at byte {int(line)}")

    def ftp_RETR(self, _path: str) -> None:  # noqa: N802
        """Get a message; when all of it was sent, it is read."""
        command = self._transfer()
        start, self._restart_position = self._restart_position, 0
        found = self._reading.open(command, self._cwd)
        if found.refused is not None:
            self._answer(found.refused)
            return
        file = Download(self._reading, found, start)
        self.push_dtp_data(FileProducer(file, self._current_type), isproducer=True, file=file, cmd="RETR")

    def ftp_STOR(self, _path: str, _mode: str = "w") -> None:  # noqa: N802
        """Send a message; when it was delivered, the answer is 226."""
        self._need_data_connection()
        start, self._restart_position = self._restart_position, 0
        if start:
            raise refuse(554, FtpCode.RESUMED, "an upload cannot be resumed; write the whole file, without REST")
        command = self._transfer()
        sending = Sending(self.backend())
        draft = sending.begin(command, self._cwd)
        if isinstance(draft, Answer):
            self._answer(draft)
            return
        try:
            incoming = sending.backend.services.store.incoming()
        except StoreError as error:
            self._answer(sending.refuse(draft, error))
            return
        file = Upload(sending, draft, incoming, self._stop_transfer)
        if self.data_channel is not None:
            self.respond("125 the data connection is open; send the file")
            self.data_channel.file_obj = file
            self.data_channel.enable_receiving(self._current_type, "STOR")
        else:
            self.respond("150 open the data connection and send the file")
            self._in_dtp_queue = (file, "STOR")

    def ftp_DELE(self, _path: str) -> None:  # noqa: N802
        """Delete a message."""
        self._answer(self._reading.delete(self._of_dit(), self._cwd))

    def _transfer(self) -> Command:
        self._need_data_connection()
        return self._of_dit()

    def _stop_transfer(self) -> None:
        if self.data_channel is not None:
            self.data_channel.close()
