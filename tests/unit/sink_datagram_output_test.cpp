#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "support/sink_rig.h"

namespace remora {
namespace {

class UdpTest : public SinkRig {
 protected:
    void SetUp() override {
        SinkRig::SetUp();
        options.spread_ms = 0;
        start(SinkKind::kUdp, 32);
    }

    std::string sent_text() const {
        std::string text;
        for (const auto& [address, bytes] : network.sent) {
            text += bytes;
        }
        return text;
    }
};

TEST_F(UdpTest, ABlockIsADatagram) {
    tick({"aaaaaaaaaaaaaaaaaaa\n", "bbbbbbbbbbbbbbbbbbb\n", "c\n"});
    ASSERT_EQ(network.sent.size(), 2U);
    EXPECT_EQ(network.sent[0].second, "aaaaaaaaaaaaaaaaaaa\n");
    EXPECT_EQ(network.sent[1].second, "bbbbbbbbbbbbbbbbbbb\nc\n");
    EXPECT_EQ(get(Counter::kSinkPackets), 2U);
    EXPECT_EQ(get(Counter::kSinkFrames), 1U);
}

TEST_F(UdpTest, AnEmptyBlockIsNoDatagram) {
    queue({});
    drain();
    EXPECT_TRUE(network.sent.empty());
    EXPECT_EQ(get(Counter::kSinkFrames), 1U);
}

TEST_F(UdpTest, OneSocketServesAllFrames) {
    for (int i = 0; i < 10; ++i) {
        tick({"a\n"});
    }
    EXPECT_EQ(network.connects, 1);
    EXPECT_EQ(network.resolves, 1);
}

TEST_F(UdpTest, TheNameIsResolvedAgainNowAndThenAndTheSocketKeptWhileItIsTheSame) {
    options.resolve_interval_ms = 60'000;
    start(SinkKind::kUdp, 32);
    tick({"a\n"});
    clock.advance_ms(60'000);
    network.names["receiver"] = {"other", "first"};
    tick({"b\n"});
    EXPECT_EQ(network.resolves, 2);
    EXPECT_EQ(network.connects, 1);
    clock.advance_ms(60'000);
    network.names["receiver"] = {"second"};
    tick({"c\n"});
    EXPECT_EQ(network.sent.back().first, "second");
    clock.advance_ms(60'000);
    network.names.clear();
    tick({"d\n"});
    EXPECT_EQ(network.sent.back().second, "d\n") << "a name server that is away costs nothing";
}

TEST_F(UdpTest, ANameThatDoesNotResolveIsTriedAgainWithBackOff) {
    network.names.clear();
    for (int second = 0; second < 120; ++second) {
        tick({"lost\n"});
        clock.advance_ms(1'000);
    }
    EXPECT_LE(network.resolves, 10);
    EXPECT_GE(network.resolves, 6);
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 120U);
    EXPECT_GE(log_lines.count("cannot resolve receiver:8125: Name or service not known"), 1);
    EXPECT_LE(log_lines.count("cannot resolve"), 3);
    network.names["receiver"] = {"first"};
    clock.advance_ms(30'000);
    tick({"healed\n"});
    EXPECT_EQ(sent_text(), "healed\n");
}

TEST_F(UdpTest, RefusedIsCarriedOnThroughAndEveryDatagramSentAgainOnce) {
    network.send_errors = {ECONNREFUSED, 0, ECONNREFUSED, 0};
    tick({"a\n"});
    tick({"b\n"});
    EXPECT_EQ(sent_text(), "a\nb\n");
    EXPECT_EQ(get(Counter::kSinkErrors), 2U);
    EXPECT_EQ(log_lines.count("nobody listens at receiver:8125"), 1);
    EXPECT_EQ(network.connects, 1);
}

TEST_F(UdpTest, WhoeverRefusesForLongIsLookedUpAgain) {
    network.send_error_always = ECONNREFUSED;
    for (int i = 0; i < 10; ++i) {
        tick({"a\n"});
        clock.advance_ms(10'000);
    }
    EXPECT_GE(network.resolves, 4);
    network.send_error_always = 0;
    network.names["receiver"] = {"moved"};
    clock.advance_ms(30'000);
    tick({"b\n"});
    EXPECT_EQ(network.sent.back().first, "moved");
}

TEST_F(UdpTest, EachAddressOfANameHasItsTurnUntilOneListens) {
    network.names["receiver"] = {"first", "second"};
    network.refusing = {"first"};
    start(SinkKind::kUdp);
    for (int i = 0; i < 6; ++i) {
        tick({"a" + std::to_string(i)});
        clock.advance_ms(10'000);
    }
    ASSERT_FALSE(network.sent.empty());
    EXPECT_EQ(network.sent.front().first, "second");
    EXPECT_EQ(network.sent.size(), 5U) << "and there it stays";
    EXPECT_EQ(log_lines.count("nobody listens"), 1);
    EXPECT_EQ(log_lines.count("works again"), 1);
}

TEST_F(UdpTest, AnOversizeDatagramCostsItselfOnly) {
    network.send_errors = {0, EMSGSIZE, 0};
    tick({"aaaaaaaaaaaaaaaaaaa\n", "bbbbbbbbbbbbbbbbbbb\n", "ccccccccccccccccccc\n"});
    EXPECT_EQ(sent_text(), "aaaaaaaaaaaaaaaaaaa\nccccccccccccccccccc\n");
    EXPECT_EQ(get(Counter::kSinkBytesDropped), 20U);
    EXPECT_EQ(get(Counter::kSinkFrames), 1U);
}

TEST_F(UdpTest, AnUnreachableNetworkBacksOffAndHeals) {
    network.send_error_always = ENETUNREACH;
    tick({"lost\n"});
    tick({"lost too\n"});
    EXPECT_EQ(get(Counter::kSinkErrors), 1U);
    EXPECT_TRUE(worker->failing());
    network.send_error_always = 0;
    clock.advance_ms(1'000);
    tick({"healed\n"});
    EXPECT_EQ(sent_text(), "healed\n");
    EXPECT_FALSE(worker->failing());
}

TEST_F(UdpTest, ASocketThatCannotBeMadeIsAFault) {
    network.connect_error = EMFILE;
    tick({"lost\n"});
    EXPECT_EQ(log_lines.count("cannot connect to receiver:8125"), 1);
    network.connect_error = 0;
    clock.advance_ms(1'000);
    tick({"healed\n"});
    EXPECT_EQ(sent_text(), "healed\n");
}

TEST_F(UdpTest, AFullSendBufferIsWaitedForButNotForEver) {
    network.send_errors = {EAGAIN, ENOBUFS, EAGAIN};
    tick({"a\n"});
    EXPECT_EQ(sent_text(), "a\n");
    EXPECT_EQ(get(Counter::kSinkErrors), 0U);
    network.send_error_always = EAGAIN;
    const std::int64_t before_ns = clock.now_ns;
    tick({"lost\n"});
    EXPECT_LE(clock.now_ns - before_ns, 2 * kNanosPerSecond);
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 1U);
    network.send_error_always = 0;
}

TEST_F(UdpTest, StopDoesNotWaitForAFullSendBuffer) {
    network.send_error_always = EAGAIN;
    queue({"lost\n"});
    stop();
    EXPECT_EQ(get(Counter::kSinkBytesDropped), 5U);
}

TEST_F(UdpTest, AFrameIsSpreadOverTheTimeGiven) {
    options.spread_ms = 2'000;
    start(SinkKind::kUdp, 32);
    std::vector<std::string> lines(800, "aaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
    std::vector<std::int64_t> took_ms;
    for (int i = 0; i < 4; ++i) {
        begin();
        const std::int64_t start_ns = clock.now_ns;
        std::size_t most_in_100_ms = 0;
        std::size_t mark = network.sent.size();
        std::int64_t mark_ns = clock.now_ns;
        for (const std::string& line : lines) {
            push(line);
            if (clock.now_ns - mark_ns >= 100 * kNanosPerMilli) {
                most_in_100_ms = std::max(most_in_100_ms, network.sent.size() - mark);
                mark = network.sent.size();
                mark_ns = clock.now_ns;
            }
        }
        end();
        drain();
        took_ms.push_back((clock.now_ns - start_ns) / kNanosPerMilli);
        clock.advance_ms(5'000);
        if (i > 0) {
            EXPECT_LE(most_in_100_ms, 80U);
        }
    }
    EXPECT_EQ(network.sent.size(), 3'200U);
    for (std::size_t i = 1; i < took_ms.size(); ++i) {
        EXPECT_GE(took_ms[i], 1'500);
        EXPECT_LE(took_ms[i], 2'500);
    }
}

// Against a real unix socket: the rig's network is replaced by the machine's.
class UnixgramTest : public SinkRig {
 protected:
    void SetUp() override {
        SinkRig::SetUp();
        options.kind = SinkKind::kUnixgram;
        options.path = directory + "/dsd.socket";
        channel = std::make_unique<BlockChannel>(64, 64);
        worker = make_sink_worker(options, *channel, {clock, counters, log, files, real_});
    }

    void TearDown() override {
        close_receiver();
        SinkRig::TearDown();
    }

    void listen() {
        close_receiver();
        receiver_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, options.path.c_str(), sizeof(address.sun_path) - 1);
        ASSERT_EQ(::bind(receiver_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    }

    void close_receiver() {
        if (receiver_ >= 0) {
            ::close(receiver_);
            ::unlink(options.path.c_str());
            receiver_ = -1;
        }
    }

    std::string receive() const {
        char buffer[256];
        const ssize_t got = ::recv(receiver_, buffer, sizeof(buffer), 0);
        return got < 0 ? "" : std::string(buffer, static_cast<std::size_t>(got));
    }

    PosixSocketFactory real_;
    int receiver_ = -1;
};

TEST_F(UnixgramTest, ABlockIsADatagram) {
    listen();
    tick({"a:1|c\n", "b:2|c\n"});
    EXPECT_EQ(receive(), "a:1|c\nb:2|c\n");
}

TEST_F(UnixgramTest, AMissingReceiverIsAFaultThatHeals) {
    tick({"lost:1|c\n"});
    EXPECT_EQ(log_lines.count("cannot connect to " + options.path), 1);
    listen();
    clock.advance_ms(1'000);
    tick({"a:1|c\n"});
    EXPECT_EQ(receive(), "a:1|c\n");
}

TEST_F(UnixgramTest, ARestartedReceiverGetsTheNextDatagram) {
    listen();
    tick({"a:1|c\n"});
    listen();
    tick({"b:1|c\n"});
    EXPECT_EQ(receive(), "b:1|c\n");
    EXPECT_EQ(get(Counter::kSinkBytesDropped), 0U);
}

TEST_F(UnixgramTest, AReceiverThatDoesNotReadCostsFramesAndNeverBlocks) {
    listen();
    for (int i = 0; i < 2'000; ++i) {
        tick({"a:1|c\n"});
    }
    EXPECT_GT(get(Counter::kSinkFramesDropped), 0U);
    EXPECT_GT(get(Counter::kSinkFrames), 0U);
    while (!receive().empty()) {
    }
    clock.advance_ms(31'000);
    tick({"b:1|c\n"});
    EXPECT_EQ(receive(), "b:1|c\n");
}

TEST_F(UnixgramTest, APathThatIsTooLongIsRefused) {
    options.path = "/" + std::string(200, 'x');
    worker = make_sink_worker(options, *channel, {clock, counters, log, files, real_});
    tick({"lost:1|c\n"});
    EXPECT_EQ(log_lines.count("File name too long"), 1);
}

}  // namespace
}  // namespace remora
