"""A second retailer, run by the suite itself, so that the state also has customers of somebody else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from simulator.dit.model import Payload, SendRequest
from simulator.documents.model import ChannelName, ContractRecord, Document, Header, Period
from simulator.documents.writing import write_document
from simulator.simulation import Simulation
from simulator.world import Retailer

_NAMES = uuid.UUID("6d1c1d0e-0b5e-5c5c-9d0f-5a1d15c0ffee")


@dataclass(frozen=True, slots=True)
class OtherRetailer:
    """Sends contract documents directly to DIT, as an authority of its own."""

    retailer: Retailer
    simulation: Simulation

    def report(self, record: ContractRecord) -> None:
        """Send a document with one contract and wait until ALDIS has processed it."""
        simulation, now = self.simulation, self.simulation.clock.now()
        channel = simulation.profile.channel(ChannelName.CONTRACT)
        document = Document(
            channel=ChannelName.CONTRACT,
            header=Header(
                document_id=str(uuid.uuid5(_NAMES, f"{self.retailer.authority} {now.isoformat()} {record.contract}")),
                provider=self.retailer.registration_number,
                created_at=now,
                period=Period.of(now.date()),
                record_count=1,
            ),
            records=(record,),
        )
        data = write_document(document, simulation.profile)
        with simulation.store.unit() as unit:
            caller = simulation.network.caller(unit, self.retailer.user)
            payload = Payload(reference=unit.put_blob(data), size=len(data), element=channel.root)
            simulation.network.send(unit, caller, SendRequest(version=channel.version_urn(), payload=payload))
        simulation.settle()
