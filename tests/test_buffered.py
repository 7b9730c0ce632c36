from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest
from waiting import set_once_waited_for

from realtime.buffered import Channel, ChannelClosed, MapAhead, ReadAhead, WriteBehind


def test_a_channel_is_first_in_first_out():
    channel = Channel(3)
    for item in "abc":
        channel.put(item)
    channel.finish()
    assert [channel.get() for _ in range(3)] == ["a", "b", "c"]
    with pytest.raises(ChannelClosed):
        channel.get()
    assert channel.dropped == 0


def test_a_channel_that_drops_keeps_the_newest_and_counts():
    channel = Channel(2, drop_oldest=True)
    for item in range(5):
        channel.put(item)
    assert (channel.get(), channel.get()) == (3, 4)
    assert channel.dropped == 3


def test_a_full_channel_waits_for_room():
    channel = Channel(1)
    channel.put(1)
    thread = threading.Thread(target=channel.put, args=(2,))
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    assert channel.get() == 1
    thread.join()
    assert channel.get() == 2


def test_closing_releases_both_ends():
    full, empty = Channel(1), Channel(1)
    full.put(1)
    released = []

    def wait(call, *args):
        with pytest.raises(ChannelClosed):
            call(*args)
        released.append(call)

    threads = [
        threading.Thread(target=wait, args=(full.put, 2)),
        threading.Thread(target=wait, args=(empty.get,)),
    ]
    for thread in threads:
        thread.start()
    full.close()
    empty.close()
    for thread in threads:
        thread.join()
    assert len(released) == 2


def test_waiting_can_time_out():
    with pytest.raises(TimeoutError):
        Channel(1).get(timeout=0.01)


def test_a_channel_needs_room():
    with pytest.raises(ValueError, match="capacity"):
        Channel(0)


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 200])
def test_mapping_ahead_keeps_order(threads, count):
    with MapAhead(lambda item: item * item, range(count), threads=threads) as results:
        assert list(results) == [item * item for item in range(count)]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_mapping_ahead_takes_no_more_than_it_may(threads):
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield len(taken)

    with MapAhead(str, endless(), threads=threads, capacity=2) as results:
        assert next(iter(results)) == "1"
        time.sleep(0.05)
    assert len(taken) <= 1 + threads + 2 + 1


@pytest.mark.parametrize("broken", ["function", "items"])
def test_what_was_made_before_an_error_arrives_first(broken):
    def items():
        yield from range(7)
        if broken == "items":
            raise OSError("broken")
        yield from range(7, 20)

    def function(item):
        time.sleep(0.02 if item == 6 else 0)
        if item == 7:
            raise OSError("broken")
        return item

    got = []
    with MapAhead(function, items(), threads=3) as results, pytest.raises(OSError, match="broken"):  # noqa: PT012
        for result in results:
            got.append(result)
    assert got == list(range(7))


def test_none_is_a_result_too():
    with MapAhead([].append, range(3), threads=2) as results:
        assert list(results) == [None] * 3


def test_mapping_needs_a_thread():
    with pytest.raises(ValueError, match="threads"):
        MapAhead(str, [], threads=0)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to itself")
def test_an_interrupted_wait_for_one_thread_does_not_spare_the_others():
    hold, ended = threading.Event(), []
    all_begun = threading.Barrier(4)

    def function(item):
        all_begun.wait(60)
        hold.wait(60)
        time.sleep(0.1)
        ended.append(item)

    def interrupt():
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        hold.set()

    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt), MapAhead(function, range(3), threads=3):  # noqa: PT012
        all_begun.wait(60)
        thread.start()
        raise KeyError
    assert sorted(ended) == [0, 1, 2]
    thread.join()


@pytest.mark.parametrize("capacity", [1, 2, 5])
def test_reading_ahead_keeps_order(capacity):
    with ReadAhead(range(200), capacity) as items:
        assert list(items) == list(range(200))


def test_reading_ahead_ends_when_the_consumer_leaves():
    read = []

    def endless():
        while True:
            read.append(1)
            yield len(read)

    with ReadAhead(endless(), 2) as items:
        assert next(iter(items)) == 1
    assert len(read) <= 5


def test_what_was_read_before_an_error_arrives_first():
    def items():
        yield 1
        yield 2
        raise OSError("broken")

    got = []
    with ReadAhead(items()) as ahead, pytest.raises(OSError, match="broken"):  # noqa: PT012
        for item in ahead:
            got.append(item)
    assert got == [1, 2]


def test_writing_behind_writes_everything():
    written = []
    with WriteBehind(written.append, 2) as writer:
        for item in range(100):
            writer.put(item)
    assert written == list(range(100))


def test_an_error_of_the_last_write_surfaces():
    def write(item):
        if item == 9:
            raise OSError("full")

    with pytest.raises(OSError, match="full"), WriteBehind(write) as writer:  # noqa: PT012
        for item in range(10):
            writer.put(item)


def test_leaving_with_an_error_discards_what_waits(monkeypatch):
    hold, written = threading.Event(), []
    set_once_waited_for(monkeypatch, "write-behind", hold)

    def write(item):
        hold.wait(60)
        written.append(item)

    with pytest.raises(KeyError), WriteBehind(write, 3) as writer:  # noqa: PT012
        for item in range(3):
            writer.put(item)
        raise KeyError
    assert len(written) <= 1


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to itself")
@pytest.mark.parametrize("failed", [True, False])
def test_an_interrupted_wait_goes_on_until_the_thread_has_ended(failed):
    """The caller closes what the thread uses next, which must not happen too early."""
    hold, writing, written = threading.Event(), threading.Event(), []

    def write(item):
        writing.set()
        hold.wait(60)
        written.append(item)

    def interrupt():
        for _ in range(2):
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        hold.set()

    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt), WriteBehind(write) as writer:  # noqa: PT012
        writer.put(1)
        writing.wait(60)
        thread.start()
        if failed:
            raise KeyError
    assert written == [1]
    thread.join()


def test_what_nobody_has_taken_can_be_withdrawn():
    channel = Channel(2)
    assert channel.withdraw() is None
    channel.put("a")
    channel.put("b")
    assert channel.withdraw() == "b"
    assert channel.get() == "a"
    assert channel.withdraw() is None
