from yunpu.domains.outreach.codes import ActivityKind, Channel


def test_every_code_has_its_label():
    labels = [code.label for codes in (ActivityKind, Channel) for code in codes]
    assert len(labels) == len(set(labels)) == 8
