from __future__ import annotations

import pytest

from cauda.errors import UsageError
from cauda.node.config import EXAMPLE, Config, Retry, read_config
from cauda.node.peer import DicomPeer, WebPeer, parse_peer


def test_the_example_is_valid_and_shows_the_defaults() -> None:
    shown = read_config(EXAMPLE)
    bare = Config.model_validate(
        {"node": {"store": shown.node.store}, "receive": {"allow": ["ORTHANC"]}}
    )
    assert shown.model_copy(update={"deliver": ()}) == bare
    assert shown.node.store == EXAMPLE.parent / "cauda-store"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[node]", "node.store"),
        ("[node]\nstore='s'\n[receive]\nallow=[]", "receive.allow"),
        ("[node]\nstore='s'\nprot=1\n[receive]\nallow=['A']", "node.prot"),
        ("[node]\nstore='s'\nport=70000\n[receive]\nallow=['A']", "node.port"),
        ("[node]\nstore='s'\n[receive]\nallow=['AN AE TITLE OF 20 CH']", "receive.allow.0"),
        ("[node]\nstore='s'\n[receive]\nallow=['A']\nquiet_s=0", "receive.quiet_s"),
        ("[node]\nstore='s'\n[receive]\nallow=['A']\n[[deliver]]\nto='pacs'", "deliver.0.to"),
        ("[node", "cannot be read"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, text, named) -> None:
    path = tmp_path / "node.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=named):
        read_config(path)


def test_waits_grow_up_to_a_limit() -> None:
    retry = Retry(first_s=10, factor=2, longest_s=60)
    assert [retry.wait_s(n) for n in (1, 2, 3, 4, 5, 10_000)] == [10, 20, 40, 60, 60, 60]


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("PACS@10.0.0.5:104", DicomPeer(ae_title="PACS", host="10.0.0.5", port=104)),
        ("MY PACS@pacs.local:11112", DicomPeer(ae_title="MY PACS", host="pacs.local", port=11112)),
        ("A@[::1]:104", DicomPeer(ae_title="A", host="::1", port=104)),
        ("http://h:8042/dicom-web/", WebPeer(url="http://h:8042/dicom-web")),
    ],
)
def test_peers_are_read(text, peer) -> None:
    assert parse_peer(text) == peer


@pytest.mark.parametrize(
    "text", ["", "PACS", "PACS@host", "PACS@host:0", "PACS@host:99999", "@host:1", "http://u:p@h/"]
)
def test_what_is_no_peer_is_refused(text) -> None:
    with pytest.raises(UsageError):
        parse_peer(text)


def test_paths_start_at_the_configuration(tmp_path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(
        "[node]\nstore='s'\n[receive]\nallow=['A']\ntls={certificate='c.pem', key='/k.pem'}\n"
        "[[deliver]]\nto='http://h'\ntoken_file='t'\n"
    )
    config = read_config(path)
    assert config.node.store == tmp_path / "s"
    assert config.receive.tls is not None
    assert config.receive.tls.certificate == tmp_path / "c.pem"
    assert str(config.receive.tls.key) == "/k.pem"
    assert config.deliver[0].token_file == tmp_path / "t"
