import placeprint.progress as progress


def test_short_work_is_silent_and_nothing_is_lost(capsys):
    assert list(progress.track(range(5), "describing", 5)) == list(range(5))
    assert capsys.readouterr().err == ""


def test_long_work_says_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with progress.meter("describing", 4) as advance:
        advance(2)
    assert "describing: 2/4 photos" in capsys.readouterr().err


def test_a_terminal_gets_a_bar_and_quiet_gets_nothing(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert list(progress.track("ab", "adding", 2)) == ["a", "b"]
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    assert list(progress.track("ab", "adding", 2, quiet=True)) == ["a", "b"]
    assert "adding" not in capsys.readouterr().err
