// Where the agent's files go: one directory for each node, and nobody else's.
#include "engine/place.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/config_source.h"
#include "engine/engine.h"
#include "engine/room_options.h"
#include "support/fake_shim.h"
#include "support/fault_file_system.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

constexpr const char* kPage = "# HELP x\nvalues 1\n";

class PlaceTest : public testing::Test {
 protected:
    void SetUp() override { std::filesystem::create_directory(logs); }

    Facts beside_logs(const std::string& id) const {
        return {{"kafka.logs.dir", logs}, {"broker.id", id}, {"user.name", "k"}};
    }
    Facts below_temporary() const {
        return {{"java.io.tmpdir", root}, {"broker.id", "1"}, {"user.name", "k"}};
    }
    std::string lines(const std::string& id) const {
        return "kafka.logs.dir=" + logs + "\nbroker.id=" + id + "\nuser.name=k\n";
    }
    static std::string read(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static mode_t mode_of(const std::string& path) {
        struct stat found {};
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777U : 0;
    }

    const TemporaryDirectory temporary;
    const std::string root = temporary.path();
    const std::string logs = root + "/logs";
    FaultFileSystem files;  // of one process
    PosixFileSystem others;
};

TEST_F(PlaceTest, TheSecondNodeOfAHostTakesADirectoryOfItsOwnAndKeepsIt) {
    const mode_t before = ::umask(077);
    Result<Place> first = take_place(files, "", beside_logs("1"));
    ::umask(before);
    ASSERT_TRUE(first);
    EXPECT_EQ(first.value().directory, logs + "/remora");
    EXPECT_EQ(mode_of(logs + "/remora"), 0755U) << "a shipper has to get in";
    EXPECT_TRUE(first.value().notes.empty());
    Result<Place> second = take_place(others, "", beside_logs("2"));
    ASSERT_TRUE(second);
    EXPECT_EQ(second.value().directory, logs + "/remora-2");
    ASSERT_EQ(second.value().notes.size(), 1U);
    EXPECT_EQ(second.value().notes[0],
              "files go to " + logs + "/remora-2, since " + logs + "/remora is another agent's");

    // Both restart, the other way round: nobody changes places.
    first.value().lock.reset();
    second.value().lock.reset();
    second = take_place(others, "", beside_logs("2"));
    EXPECT_EQ(second.value().directory, logs + "/remora-2");
    first = take_place(files, "", beside_logs("1"));
    EXPECT_EQ(first.value().directory, logs + "/remora");

    PosixFileSystem third;
    const Result<Place> none = take_place(third, "", beside_logs("2"));
    ASSERT_FALSE(none);
    EXPECT_NE(none.status().message().find(logs + "/remora-2 is another agent's"),
              std::string::npos)
        << none.status().message();
}

TEST_F(PlaceTest, AConfiguredDirectoryThatIsTakenIsSaidAndNotWrittenTo) {
    const Result<Place> first = take_place(files, root + "/own", {});
    ASSERT_TRUE(first);
    const Result<Place> second = take_place(others, root + "/own", {});
    ASSERT_TRUE(second);
    EXPECT_TRUE(second.value().is_foreign);
    EXPECT_EQ(profile_path({}, second.value()), "") << "nor does it write a profile there";
    EXPECT_EQ(second.value().lock, nullptr);
    ASSERT_EQ(second.value().notes.size(), 1U);
    EXPECT_NE(second.value().notes[0].find("another agent has the directory " + root + "/own"),
              std::string::npos);
}

TEST_F(PlaceTest, WithoutLocksItGoesOnAndSaysSo) {
    files.fail(FileOp::kLock, ENOLCK);
    const Result<Place> place = take_place(files, "", beside_logs("1"));
    ASSERT_TRUE(place);
    EXPECT_FALSE(place.value().is_foreign);
    ASSERT_EQ(place.value().notes.size(), 1U);
    EXPECT_NE(place.value().notes[0].find("cannot be locked: No locks available"),
              std::string::npos);
}

TEST_F(PlaceTest, BelowTheTemporaryDirectoryItIsOursAlone) {
    const std::string place = root + "/remora-k";
    const Result<Place> made = take_place(files, "", below_temporary());
    ASSERT_TRUE(made);
    EXPECT_EQ(made.value().directory, place);
    std::filesystem::remove_all(place);

    const auto expect_own = [&](const std::string& why) {
        const Result<Place> other = take_place(files, "", below_temporary());
        ASSERT_TRUE(other);
        EXPECT_EQ(other.value().directory, place + "-1");
        ASSERT_EQ(other.value().notes.size(), 1U);
        EXPECT_EQ(other.value().notes[0],
                  "files go to " + place + "-1, since " + place + " " + why);
        std::filesystem::remove_all(place + "-1");
        EXPECT_TRUE(find_place(files, "", below_temporary()).directory.empty());
    };
    std::filesystem::create_directory(root + "/trap");
    std::filesystem::create_directory_symlink(root + "/trap", place);
    expect_own("is no directory");
    std::filesystem::remove(place);
    ASSERT_EQ(::mkfifo(place.c_str(), 0600), 0);
    expect_own("is no directory");
    std::filesystem::remove(place);
    std::filesystem::create_directory(place);
    ASSERT_EQ(::chmod(place.c_str(), 0777), 0);
    expect_own("may be written by others");
    EXPECT_TRUE(std::filesystem::is_empty(root + "/trap"));
}

TEST_F(PlaceTest, OfAnotherUserNothingIsUsed) {
    std::filesystem::create_directory(root + "/remora-k");
    std::filesystem::create_directory(root + "/remora-k-1");
    files.user_shown = ::geteuid() + 1;
    const Result<Place> none = take_place(files, "", below_temporary());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.status().code(), Code::kNoPermission);
    EXPECT_NE(none.status().message().find("/remora-k belongs to another user"), std::string::npos)
        << none.status().message();
    EXPECT_TRUE(std::filesystem::is_empty(root + "/remora-k"));
}

TEST_F(PlaceTest, TwoEnginesOnOneHostShareNoFile) {
    KeptLog log;
    FakeShim one;
    FakeShim two;
    auto first = Engine::start("", lines("1"), one.buffers(), system_environment(log));
    ASSERT_TRUE(first) << first.status().message();
    std::ofstream(logs + "/remora/remora.prom") << kPage;
    Engine::end_files("", lines("2"), system_environment(log));
    EXPECT_EQ(read(logs + "/remora/remora.prom"), kPage) << "of a live agent";
    auto second = Engine::start("", lines("2"), two.buffers(), system_environment(log));
    ASSERT_TRUE(second) << second.status().message();
    EXPECT_NE(log.text().find("files go to " + logs + "/remora-2"), std::string::npos);
    EXPECT_TRUE(second.value()->stop(5'000));
    EXPECT_TRUE(first.value()->stop(5'000));
    EXPECT_TRUE(std::filesystem::exists(logs + "/remora/remora.counters"));
    EXPECT_TRUE(std::filesystem::exists(logs + "/remora-2/remora.counters"));
    second.value().reset();
    EXPECT_FALSE(std::filesystem::exists(logs + "/remora-2/remora.lock"));

    std::ofstream(logs + "/remora-2/remora.prom") << "# HELP x\nvalues 2\n";
    Engine::end_files("", lines("2"), system_environment(log));
    EXPECT_EQ(read(logs + "/remora-2/remora.prom").find("values 2"), std::string::npos);
    EXPECT_NE(read(logs + "/remora-2/remora.prom").find("remora_up 0"), std::string::npos);
}

TEST_F(PlaceTest, AFileThatTheAgentBeforeWroteElsewhereDoesNotLookAlive) {
    KeptLog log;
    FakeShim shim;
    const std::string config = root + "/remora.json";
    const std::string old = root + "/old.prom";
    const auto configure = [&](const std::string& text) { std::ofstream(config) << text; };
    // As after a kill -9.
    const auto live = [&] {
        configure(R"({"outputs": [{"path": ")" + old + R"("}]})");
        auto engine = Engine::start(config, lines("1"), shim.buffers(), system_environment(log));
        ASSERT_TRUE(engine) << engine.status().message();
        EXPECT_TRUE(engine.value()->stop(5'000));
        std::ofstream(old) << kPage;
    };
    live();
    configure(R"({"outputs": [{"path": ")" + root + R"(/new.prom"}],})");
    Engine::end_files(config, lines("1"), system_environment(log));
    EXPECT_NE(read(old).find("remora_up 0"), std::string::npos)
        << "nobody can tell what that configuration wants";
    EXPECT_EQ(read(old).find("values"), std::string::npos) << read(old);

    live();
    configure(R"({"outputs": [{"path": "${dir}/${broker.id}.prom"}]})");
    Engine::end_files(config, "kafka.logs.dir=" + logs + "\npending=broker.id\n",
                      system_environment(log));
    EXPECT_NE(read(old).find("remora_up 0"), std::string::npos) << "one waits for its id";

    live();
    configure(R"({"outputs": [{"path": ")" + root + R"(/new.prom"}]})");
    Engine::end_files(config, lines("1"), system_environment(log));
    EXPECT_FALSE(std::filesystem::exists(old)) << "another output has these series now";
    EXPECT_TRUE(log.has(old + " is removed: the agent before this one wrote it"));
}

TEST_F(PlaceTest, WhereTheAgentBeforeWroteIsKnownWithoutAConfiguration) {
    KeptLog log;
    FakeShim shim;
    const std::string config = root + "/remora.json";
    const std::string old = root + "/old.prom";
    const std::string note = logs + "/remora-1.directory";
    const auto configure = [&](const std::string& text) { std::ofstream(config) << text; };
    const auto output = [](const std::string& path) {
        return R"("outputs": [{"path": ")" + path + R"("}])";
    };
    // As after a kill -9.
    const auto live = [&](const std::string& directory) {
        configure("{" + directory + output(old) + "}");
        auto engine = Engine::start(config, lines("1"), shim.buffers(), system_environment(log));
        ASSERT_TRUE(engine) << engine.status().message();
        EXPECT_TRUE(engine.value()->stop(5'000));
        std::ofstream(old) << kPage;
    };
    const std::string own = R"("directory": ")" + root + R"(/own", )";
    live(own);
    EXPECT_EQ(read(note), root + "/own\n");
    configure("no JSON at all");
    Engine::end_files(config, lines("2"), system_environment(log));
    EXPECT_EQ(read(old), kPage) << "of another node";
    Engine::end_files(config, lines("1"), system_environment(log));
    EXPECT_NE(read(old).find("remora_up 0"), std::string::npos) << read(old);

    // The directory changes, and with it the path.
    live(own);
    configure(R"({"directory": ")" + root + R"(/other", )" + output(root + "/new.prom") + "}");
    Engine::end_files(config, lines("1"), system_environment(log));
    EXPECT_FALSE(std::filesystem::exists(old));

    // The default directory needs no note, and a wrong one would hide it.
    live("");
    EXPECT_FALSE(std::filesystem::exists(note));
    configure("{");
    Engine::end_files(config, lines("1"), system_environment(log));
    EXPECT_NE(read(old).find("remora_up 0"), std::string::npos) << read(old);

    // A note that cannot be written costs nothing else.
    std::filesystem::create_directories(note + "/in the way");
    live(own);
    std::filesystem::remove_all(logs);
    live(own);
}

TEST_F(PlaceTest, AFileThatSomebodyElseWroteThereSinceIsLeftAlone) {
    KeptLog log;
    FakeShim shim;
    const std::string config = root + "/remora.json";
    const std::string old = root + "/old.prom";
    std::ofstream(config) << R"({"outputs": [{"path": ")" + old + R"("}]})";
    auto engine = Engine::start(config, lines("1"), shim.buffers(), system_environment(log));
    ASSERT_TRUE(engine) << engine.status().message();
    EXPECT_TRUE(engine.value()->stop(5'000));
    // It becomes the configuration.
    const std::string text = R"({"outputs": [{"path": ")" + root + R"(/new.prom"}]})";
    std::ofstream(old) << text;
    Engine::end_files(old, lines("1"), system_environment(log));
    EXPECT_EQ(read(old), text);
    std::ofstream(old) << R"({"outputs": [{"path": ")" + old + R"("}]})";
    Engine::end_files(old, lines("1"), system_environment(log));
    EXPECT_EQ(read(old), R"({"outputs": [{"path": ")" + old + R"("}]})");
    const auto started = Engine::start(old, lines("1"), shim.buffers(), system_environment(log));
    ASSERT_FALSE(started);
    EXPECT_NE(started.status().message().find("is the configuration file"), std::string::npos)
        << started.status().message();
}

TEST_F(PlaceTest, TwoPathsThatLinksMakeOneAreRefused) {
    std::filesystem::create_directory(root + "/real");
    std::filesystem::create_directory_symlink("real", root + "/link");
    std::ofstream(root + "/real/remora.json") << "{}";
    std::filesystem::create_symlink("real/remora.json", root + "/remora.json");
    KeptLog log;
    FakeShim shim;
    const auto refusal = [&](const std::string& paths) {
        const auto started =
            Engine::start("config=" + root + "/remora.json,outputs=[" + paths + "]", lines("1"),
                          shim.buffers(), system_environment(log));
        return started ? std::string(started.value()->stop(5'000) ? "" : "does not stop")
                       : started.status().message();
    };
    const auto path = [&](const std::string& name) {
        return R"({"path": ")" + root + "/" + name + R"("})";
    };
    EXPECT_EQ(refusal(path("real/a.prom") + "," + path("link/a.prom")),
              "path of output file-1: the file \"" + root +
                  "/link/a.prom\" is written by outputs.0 already");
    EXPECT_EQ(refusal(path("link/remora.json")), "path of output file-0: the file \"" + root +
                                                     "/link/remora.json\" is the configuration "
                                                     "file");
    EXPECT_EQ(refusal(path("real/a.prom") + "," + path("link/b.prom")), "");
    EXPECT_TRUE(is_same_place(root + "/real/a.prom", root + "/link/./a.prom"));
    EXPECT_FALSE(is_same_place(root + "/real/a.prom", root + "/link/b.prom"));
}

TEST_F(PlaceTest, ADirectoryThatWasRemovedIsMadeAndLockedAgain) {
    Result<Place> own = take_place(files, root + "/own", beside_logs("1"));
    ASSERT_TRUE(own);
    std::filesystem::remove_all(root + "/own");
    EXPECT_TRUE(keep_place(files, own.value()));
    EXPECT_EQ(mode_of(root + "/own"), 0755U);
    const Result<Place> other = take_place(others, root + "/own", beside_logs("2"));
    ASSERT_TRUE(other);
    EXPECT_TRUE(other.value().is_foreign);

    std::filesystem::remove(root + "/own/remora.lock");
    const Result<Place> faster = take_place(others, root + "/own", beside_logs("2"));
    ASSERT_TRUE(faster);
    EXPECT_FALSE(faster.value().is_foreign);
    EXPECT_FALSE(keep_place(files, own.value()));

    // Where anybody may make one, it is looked at again.
    Result<Place> exposed = take_place(files, "", below_temporary());
    ASSERT_TRUE(exposed);
    std::filesystem::remove_all(root + "/remora-k");
    std::filesystem::create_directory(root + "/remora-k");
    std::filesystem::permissions(root + "/remora-k", std::filesystem::perms::all);
    EXPECT_FALSE(keep_place(files, exposed.value()));
}

TEST_F(PlaceTest, ASharedConfiguredDirectoryGetsNoCountersOfTheSecond) {
    const std::string config = root + "/remora.json";
    std::ofstream(config) << R"({"directory": ")" << root << R"(/both"})";
    KeptLog log;
    FakeShim one;
    FakeShim two;
    auto first = Engine::start(config, lines("1"), one.buffers(), system_environment(log));
    ASSERT_TRUE(first) << first.status().message();
    std::ofstream(root + "/both/remora.prom") << kPage;
    Engine::end_files("directory=" + root + "/both,outputs=[]", lines("2"),
                      system_environment(log));
    EXPECT_EQ(read(root + "/both/remora.prom"), kPage) << "of a live agent";
    auto second = Engine::start(config, lines("2"), two.buffers(), system_environment(log));
    ASSERT_TRUE(second) << second.status().message();
    EXPECT_TRUE(first.value()->stop(5'000));
    std::filesystem::remove(root + "/both/remora.counters");
    EXPECT_TRUE(second.value()->stop(5'000));
    EXPECT_FALSE(std::filesystem::exists(root + "/both/remora.counters"));
}

TEST_F(PlaceTest, NothingIsMadeWhenTheConfigurationIsWrong) {
    KeptLog log;
    FakeShim shim;
    const std::string facts = lines("1") + "log.dirs=" + root + "/data\n";
    auto started = Engine::start("directory=" + root + "/data/remora", facts, shim.buffers(),
                                 system_environment(log));
    EXPECT_FALSE(started);
    EXPECT_FALSE(std::filesystem::exists(root + "/data"));
    EXPECT_FALSE(std::filesystem::exists(logs + "/remora"));
}

TEST_F(PlaceTest, APortOfTheBrokersIsNotTaken) {
    const std::string facts = lines("1") + "kafka.ports=9092,9093\n";
    const std::string config = root + "/remora.json";
    std::vector<std::string> notes;
    const auto open_at = [&](int port) {
        std::ofstream(config) << R"({"outputs": [{"type": "http", "port": )" << port << "}]}";
        return ConfigSource::open(config, "", facts, files, notes);
    };
    EXPECT_TRUE(open_at(909));
    const auto opened = open_at(9093);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.status().message().find("outputs.0.port: found 9093, which is the broker's"),
              std::string::npos)
        << opened.status().message();
}

TEST_F(PlaceTest, ATraceAndAReloadStayOutOfKafkasDataToo) {
    const std::string facts = lines("1") + "log.dirs=" + root + "/other," + root + "/data\n";
    const std::string config = root + "/remora.json";
    std::vector<std::string> notes;
    std::ofstream(config) << "{}";
    auto opened = ConfigSource::open(config, "", facts, files, notes);
    ASSERT_TRUE(opened) << opened.status().message();
    std::ofstream(config) << R"({"trace": {"path": ")" << root << R"(/data/full.trace"}})";
    const ParseOutcome reread = opened.value().source.reread();
    EXPECT_NE(reread.error_text().find("trace.path: found " + root + "/data/full.trace, which is"),
              std::string::npos)
        << reread.error_text();
    const auto again = ConfigSource::open(config, "", facts, files, notes);
    ASSERT_FALSE(again);
    EXPECT_NE(again.status().message().find("trace.path: found"), std::string::npos);
}

}  // namespace
}  // namespace remora
