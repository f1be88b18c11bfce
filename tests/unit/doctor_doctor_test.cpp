// Each check with its fault planted, and a broker on which there is nothing to find.
#include "doctor/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support/temporary_directory.h"
#include "support/watched_agent.h"

namespace remora {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kPid = 4711;

class DoctorTest : public testing::Test {
 protected:
    DoctorTest() {
        snapshot_ = well();
        snapshot_.now_wall_ms = real_now_ms();
        const std::int64_t later_ms = snapshot_.now_wall_ms - kNowMs;
        snapshot_.counters->written_wall_ms += later_ms;
        snapshot_.counters->start_wall_ms += later_ms;
        snapshot_.values->tick_wall_ms += later_ms;
        snapshot_.counters->process.pid_namespace = own_process().pid_namespace;
        snapshot_.directory = root_ + "/remora";
        fs::create_directories(snapshot_.directory);
        fs::create_directories(proc_ + "/4711/net");
        output_ = snapshot_.directory + "/remora.prom";
        write(output_, "kafka_x 1\n");
        snapshot_.counters->outputs = {{"prometheus", "basic", output_}};
        write_sockets("/4711/net/udp", {"0100007F:1FBD 00000000:0000 07"});
        write(config_, "{\"log\": {\"level\": \"info\"}}");
        command({"java", "-javaagent:/opt/remora.jar=" + config_, "kafka.Kafka"});
        write(proc_ + "/4711/maps", "7f00-7f01 r-xp /tmp/libremora-1.so (deleted)\n");
        write(proc_ + "/4711/status", "Name:\tjava\nUid:\t" + std::to_string(::getuid()) + "\t" +
                                          std::to_string(::getuid()) +
                                          "\nGid:\t0\t0\nGroups:\t0\n");
    }

    static std::int64_t real_now_ms() { return static_cast<std::int64_t>(::time(nullptr)) * 1000; }
    static void write(const std::string& path, const std::string& text) {
        std::ofstream(path) << text;
    }
    // `sockets`: local and remote address and state of each; the first has the inode 1000.
    void write_sockets(const std::string& file, const std::vector<std::string>& sockets) const {
        std::string text = "  sl  local_address rem_address   st ...\n";
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            text += "   " + std::to_string(i) + ": " + sockets[i] +
                    " 00000000:00000000 00:00000000 00000000  1000        0 " +
                    std::to_string(1000 + i) + " 2 0000000000000000 0\n";
        }
        write(proc_ + file, text);
    }
    void command(const std::vector<std::string>& words) const {
        std::string line;
        for (const std::string& word : words) {
            line += word + '\0';
        }
        write(proc_ + "/4711/cmdline", line);
    }
    // What is found, and nothing else may be.
    std::vector<Ailment> found(const std::function<void(Patient&)>& change = nullptr) {
        Patient patient = examine(snapshot_, pid_, "", proc_);
        patient.space_of = [this](const std::string&) { return space_; };
        if (change) {
            change(patient);
        }
        std::vector<Ailment> ailments = diagnose(patient);
        for (const Ailment& one : ailments) {
            EXPECT_FALSE(one.what.empty()) << one.check;
            EXPECT_FALSE(one.remedy.empty()) << one.check;
        }
        return ailments;
    }
    void expect(const std::string& check, const std::string& what, const std::string& remedy,
                const std::function<void(Patient&)>& change = nullptr) {
        const std::vector<Ailment> ailments = found(change);
        ASSERT_EQ(ailments.size(), 1U) << check;
        EXPECT_EQ(ailments[0].check, check);
        EXPECT_THAT(ailments[0].what, HasSubstr(what));
        EXPECT_THAT(ailments[0].remedy, HasSubstr(remedy));
    }

    const TemporaryDirectory temporary_;
    const std::string root_ = temporary_.path();
    const std::string proc_ = root_ + "/proc";
    const std::string config_ = root_ + "/remora.json";
    std::string output_;
    Snapshot snapshot_;
    std::int64_t pid_ = 0;
    Space space_{1ULL << 30, 1000, 500, false, false};
};

TEST_F(DoctorTest, NothingIsFoundOnAHealthyBroker) {
    EXPECT_THAT(found(), IsEmpty());
    EXPECT_THAT(found([](Patient& patient) {
                    patient.scrape_interval_s = 10;
                    patient.shipper = Person{"root", 0, {0}};
                    patient.beans = "kafka.log:type=Log,name=Size,topic=a,partition=0\n";
                }),
                IsEmpty());
    snapshot_.counters->outputs.push_back({"statsd", "basic", "127.0.0.1:8125"});
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DoctorTest, ADirectoryWithoutCounters) {
    snapshot_ = Snapshot();
    snapshot_.trouble = "counters file /x/remora.counters: cannot be opened: No such file";
    expect("files", "/x/remora.counters: cannot be opened", "the line `started`");
}

TEST_F(DoctorTest, CountersOfAnotherVersion) {
    snapshot_ = Snapshot();
    snapshot_.trouble = "/x/remora.counters is not a counters file of this version of remora";
    expect("files", "not a counters file of this version", "that came with the jar");
}

TEST_F(DoctorTest, ABrokerThatWasKilled) {
    snapshot_.process_ended = true;
    expect("state", "process 4711 was killed or crashed", "start the broker");
}

TEST_F(DoctorTest, AnAgentThatWasDetached) {
    snapshot_.counters->is_over = true;
    expect("state", "the agent ended in order", "remora attach PID");
}

TEST_F(DoctorTest, AnAgentThatAFaultSwitchedOff) {
    set_counter(snapshot_, Counter::kFaults, 1);
    expect("state", "a fault switched the agent off", "report the line `fault in ...`");
}

TEST_F(DoctorTest, ABrokerThatWasStopped) {
    snapshot_.counters->written_wall_ms -= 60'000;
    expect("state", "process 4711 hangs", "state T was stopped by a signal");
}

TEST_F(DoctorTest, TicksThatDoNotCome) {
    snapshot_.values->tick_wall_ms -= 60'000;
    expect("state", "ticks do not come", "thread dump");
}

TEST_F(DoctorTest, ValuesThatCannotBeWritten) {
    snapshot_.values.reset();
    snapshot_.values_trouble = "/x/remora.values: cannot be opened";
    expect("status", "/x/remora.values: cannot be opened", "the broker's log says why");
}

TEST_F(DoctorTest, ABrokerInWhichNoAgentRunsThoughItsLibraryIsLoaded) {
    snapshot_ = Snapshot();
    snapshot_.trouble = "process 4711 holds no remora.lock: no agent runs in it";
    pid_ = kPid;
    expect("files", "no agent runs in it", "the lines with `remora:` say why");
    fs::remove(proc_ + "/4711/maps");
    expect("files", "no agent runs in it", "the lines with `remora:` say why");
}

TEST_F(DoctorTest, AProcessOfAnotherNamespaceIsNotTheBrokers) {
    command({"java", "-javaagent:/opt/remora.jar", "-javaagent:/usr/share/remora.jar"});
    snapshot_.counters->outputs.push_back({"statsd", "basic", "127.0.0.1:9999"});
    fs::remove(output_);  // or it is elsewhere
    EXPECT_EQ(found().size(), 3U) << "as long as it is this one";
    snapshot_.counters->process.pid_namespace += 1;
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DoctorTest, TwoAgentsInOneBroker) {
    command({"java", "-javaagent:/opt/remora.jar=" + config_, "-javaagent:/usr/share/remora.jar",
             "kafka.Kafka"});
    expect("two-agents", "process 4711 has 2 -javaagent flags", "keep one");
}

TEST_F(DoctorTest, TwoBrokersInOneDirectory) {
    const std::string lock = snapshot_.directory + "/remora.lock";
    write(lock, "");
    struct ::stat facts {};
    ASSERT_EQ(::stat(lock.c_str(), &facts), 0);
    std::ofstream locks(proc_ + "/locks");
    const auto list = [&](int pid) {
        locks << "1: FLOCK  ADVISORY  WRITE " << pid << " " << std::hex;
        locks.fill('0');
        locks.width(2);
        locks << major(facts.st_dev) << ":";
        locks.width(2);
        locks << minor(facts.st_dev) << std::dec << ":" << facts.st_ino << " 0 EOF\n" << std::flush;
    };
    list(99);
    expect("directory", "process 99 has the directory", "${broker.id}");
    std::ofstream(proc_ + "/locks", std::ios::trunc);
    locks.seekp(0);
    list(kPid);
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DoctorTest, ALibraryThatCannotBeLoaded) {
    snapshot_ = Snapshot();
    snapshot_.trouble = "process 4711 holds no remora.lock";
    pid_ = kPid;
    write(proc_ + "/4711/maps", "7f00-7f01 r-xp /usr/lib/libjvm.so\n");
    expect("library", "the agent's library is not loaded", "`native library:`");
    space_.is_noexec = true;
    expect("library", "/tmp is mounted noexec", "put libremora.so beside the jar");
    write(proc_ + "/4711/environ", std::string("A=1\0REMORA_TMPDIR=/var/run/x\0", 29));
    expect("library", "/var/run/x is mounted noexec", "REMORA_TMPDIR");
}

TEST_F(DoctorTest, AClockThatWasSetBack) {
    snapshot_.counters->written_wall_ms += 3'600'000;
    expect("clock", "3597 s in the future", "synchronize the clocks");
}

TEST_F(DoctorTest, AnOutputThatIsNotThere) {
    fs::remove(output_);
    expect("output-missing", "nothing is at " + output_, "in a container");
    snapshot_.counters->outputs = {{"statsd", "basic", root_ + "/statsd.sock"}};
    expect("output-missing", root_ + "/statsd.sock", "start the receiver");
}

TEST_F(DoctorTest, AnOutputThatIsOld) {
    fs::last_write_time(output_, fs::file_time_type::clock::now() - std::chrono::minutes(10));
    expect("output-stale", "was written 10 m ", "why the output cannot write");
    fs::last_write_time(output_, fs::file_time_type::clock::now() + std::chrono::minutes(10));
    expect("output-stale", "in the future", "synchronize the clocks");
}

TEST_F(DoctorTest, AnOutputThatTheShipperMayNotRead) {
    const auto nobody = [](Patient& patient) {
        patient.shipper = Person{"node-exporter", 65'533, {65'533}};
    };
    ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
    ASSERT_EQ(::chmod(output_.c_str(), 0640), 0);
    expect("shipper", "the user node-exporter may not read " + output_, "\"mode\": \"0644\"",
           nobody);
    ASSERT_EQ(::chmod(output_.c_str(), 0644), 0);
    ASSERT_EQ(::chmod(snapshot_.directory.c_str(), 0750), 0);
    expect("shipper", "may not enter " + snapshot_.directory, "chmod o+x", nobody);
    ASSERT_EQ(::chmod(snapshot_.directory.c_str(), 0755), 0);
    EXPECT_THAT(found(nobody), IsEmpty());
}

TEST_F(DoctorTest, AFileThatNodeExporterDoesNotLookAt) {
    const std::string other = snapshot_.directory + "/kafka.txt";
    fs::rename(output_, other);
    snapshot_.counters->outputs = {{"prometheus", "basic", other}};
    expect("file-name", "kafka.txt does not end in .prom", "outputs.path");
}

TEST_F(DoctorTest, ADiskThatIsFull) {
    space_.free_bytes = 4096;
    expect("disk", "is full: 4.00 KiB free", "a textfile keeps its last whole content");
    space_.free_bytes = 1ULL << 30;
    space_.free_files = 0;
    expect("disk", "has no inode left", "remove small files");
    space_.is_read_only = true;
    expect("disk", "is read-only", "remount it");
}

TEST_F(DoctorTest, APortAtWhichNobodyReceives) {
    snapshot_.counters->outputs.push_back({"statsd", "basic", "127.0.0.1:9999"});
    expect("receiver", "nobody receives at UDP port 9999 of 127.0.0.1", "start the receiver");
    fs::create_directories(proc_ + "/net");
    write_sockets("/net/udp", {"0100007F:270F 00000000:0000 07"});
    expect("receiver", "nobody receives at UDP port 9999", "in a container");
    snapshot_.counters->outputs.back().where = "metrics.example:9999";
    EXPECT_THAT(found(), IsEmpty()) << "another machine's ports are not seen";
    snapshot_.counters->outputs.back().where = "http://127.0.0.1:9999/metrics";
    EXPECT_THAT(found(), IsEmpty()) << "the agent's own port";
}

TEST_F(DoctorTest, APortThatNobodyCanScrape) {
    snapshot_.counters->outputs.push_back(
        {"openmetrics", "basic", "http://127.0.0.1:9404/metrics"});
    const std::string listener = "0100007F:24BC 00000000:0000 0A";
    const std::string connection = "0100007F:24BC 0100007F:D431 01";
    const std::string other = "00000000:1F90 00000000:0000 0A";
    write_sockets("/4711/net/tcp", {other, connection});
    expect("scrape-port", "nothing listens at http://127.0.0.1:9404/metrics: scrapes are refused",
           "`cannot listen at`");
    write_sockets("/4711/net/tcp6", {other, listener});
    EXPECT_THAT(found(), IsEmpty()) << "whose it is is not to be seen";
    fs::create_directories(proc_ + "/4711/fd");
    fs::create_symlink("socket:[1000]", proc_ + "/4711/fd/7");
    expect("scrape-port", "another process listens at port 9404", "outputs.port");
    fs::create_symlink("socket:[1001]", proc_ + "/4711/fd/8");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DoctorTest, AReceiverThatDrops) {
    snapshot_.report = Report();
    OutputProfile output;
    output.name = "udp-0";
    output.receiver_drops_share = 0.25;
    snapshot_.report->profile.outputs = {output};
    expect("receiver-drops", "dropped 25 % of what output udp-0 sent", "SO_RCVBUF");
}

TEST_F(DoctorTest, AnOutputThatLosesTicks) {
    snapshot_.values->outputs[0].errors = 4;
    snapshot_.values->outputs[0].trouble_age_ms = 2'000;
    expect("status", "output file-0 has trouble: 4 errors so far", "the broker's log");
}

TEST_F(DoctorTest, AConfigurationWithMistakes) {
    write(config_, "{\"sampling\": {\"base_interval\": \"1ms\"}}");
    expect("config", "sampling.base_interval: found the text \"1ms\"", "mend it");
    write(config_, "{\"samplin\": {}}");
    EXPECT_THAT(found()[0].what, HasSubstr("samplin"));
}

TEST_F(DoctorTest, AFileThatIsCalledAsItsKeyIs) {
    fs::create_directories(proc_ + "/4711/cwd");
    write(proc_ + "/4711/cwd/config", "{\"samplin\": {}}");
    command({"java", "-javaagent:/opt/remora.jar=config=config,log.level=info", "kafka.Kafka"});
    expect("config", "/4711/cwd/config:1:", "mend it");
}

TEST_F(DoctorTest, ARuleFileIsReadAsTheAgentReadsIt) {
    const std::string rules = root_ + "/kafka.yml";
    write(rules, "rules:\n- pattern: 'kafka.log<type=Log, name=Size>'\n");
    command({"java", "-javaagent:/opt/remora.jar=8080:" + rules, "kafka.Kafka"});
    EXPECT_THAT(found(), IsEmpty()) << "an argument of jmx_exporter's";
    write(rules, "rules: 7\n");
    EXPECT_THAT(found().at(0).what, HasSubstr("kafka.yml"));
    write(config_, R"({"select": {"profile": "all"}, "outputs": [{"path": ")" + output_ +
                       R"(", "names": ")" + rules + "\"}]}");
    command({"java", "-javaagent:/opt/remora.jar=" + config_, "kafka.Kafka"});
    expect("config", "kafka.yml", "mend it");
    fs::remove(rules);
    expect("config", "outputs.0.names: " + rules, "mend it");
}

TEST_F(DoctorTest, WhatIsInAContainerIsLookedForThere) {
    const std::string container = proc_ + "/4711/root";
    fs::create_directories(container + "/etc/remora");
    fs::create_directories(container + "/remora");
    fs::rename(output_, container + "/remora/remora.prom");
    snapshot_.counters->outputs[0].where = "/remora/remora.prom";
    write(container + "/etc/remora.json",
          R"({"outputs": [{"path": "/remora/remora.prom", "names": "/etc/kafka.yml"}]})");
    command({"java", "-javaagent:/opt/remora.jar=/etc/remora.json", "kafka.Kafka"});
    EXPECT_THAT(found(), IsEmpty()) << "but for a rule file";
    write(container + "/etc/remora.json", "{\"samplin\": {}}");
    expect("config", container + "/etc/remora.json:1:", "mend it");
    command({"java", "-javaagent:/opt/remora.jar", "kafka.Kafka"});
    EXPECT_THAT(found(), IsEmpty());
    write(proc_ + "/4711/environ", std::string("REMORA_CONFIG=/etc/remora.json\0", 31));
    expect("config", container + "/etc/remora.json:1:", "mend it");
    fs::remove(proc_ + "/4711/environ");
    fs::rename(container + "/etc/remora.json", container + "/etc/remora/remora.json");
    expect("config", container + "/etc/remora/remora.json:1:", "mend it");
}

TEST_F(DoctorTest, ALibraryThatCannotBeLoadedInAContainer) {
    snapshot_ = Snapshot();
    snapshot_.trouble = "process 4711 holds no remora.lock";
    pid_ = kPid;
    fs::create_directories(proc_ + "/4711/root");
    command({"java", "-javaagent:/opt/remora.jar", "kafka.Kafka"});
    write(proc_ + "/4711/maps", "7f00-7f01 r-xp /usr/lib/libjvm.so\n");
    expect("library", "/tmp is mounted noexec", "REMORA_TMPDIR", [this](Patient& patient) {
        patient.space_of = [this](const std::string& path) {
            Space space = space_;
            space.is_noexec = path == proc_ + "/4711/root/tmp";
            return std::optional(space);
        };
    });
}

TEST_F(DoctorTest, AConfigurationThatTheBrokerCannotRead) {
    ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
    ASSERT_EQ(::chmod(config_.c_str(), 0600), 0);
    expect("config-readable", "the user kafka may not read " + config_, "chmod or chown",
           [](Patient& patient) {
               patient.process->person = Person{"kafka", 65'533, {65'533}};
           });
}

TEST_F(DoctorTest, AChangeThatNobodyTakesOver) {
    write(config_, "{\"reload\": {\"enabled\": false}}");
    expect("config-in-force", "was changed after the start", "`remora reload PID`");
    snapshot_.counters->start_wall_ms = real_now_ms() + 60'000;
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DoctorTest, ARuleThatMatchesNothing) {
    write(config_, "{\"rules\": [{\"match\": \"kafka.lgo:*\", \"action\": \"exclude\"}]}");
    expect("unmatched", "kafka.lgo:*", "mend the pattern", [](Patient& patient) {
        patient.beans = "kafka.log:type=Log,name=Size,topic=a,partition=0\n";
    });
    EXPECT_THAT(found(), IsEmpty()) << "what the broker has is not known";
}

TEST_F(DoctorTest, TicksThatDoNotFitTheScrapes) {
    expect("scrape-interval", "every 10 s, and is scraped every 5 s: values repeat",
           "sampling.base_interval", [](Patient& patient) { patient.scrape_interval_s = 5; });
    expect("scrape-interval", "most ticks are never seen", "it costs less",
           [](Patient& patient) { patient.scrape_interval_s = 60; });
    set_counter(snapshot_, Counter::kTickIntervalMillis, 20'000);
    expect("scrape-interval", "every 20 s, and is scraped every 10 s: values repeat",
           "sampling.cpu_budget_percent", [](Patient& patient) { patient.scrape_interval_s = 10; });
    set_counter(snapshot_, Counter::kTickIntervalMillis, 1'000);
    snapshot_.values->tick_interval_ms = 2'000;  // they are written less often
    EXPECT_THAT(found([](Patient& patient) { patient.scrape_interval_s = 1; }), IsEmpty());
}

TEST_F(DoctorTest, ACeilingThatIsTooLow) {
    set_counter(snapshot_, Counter::kWideningStep, 3);
    expect("status", "the CPU ceiling of 1 % of a core is too low", "sampling.cpu_budget_percent");
}

TEST_F(DoctorTest, AnAgentThatUsesMoreThanItsCeiling) {
    set_counter(snapshot_, Counter::kCpuUsedPpm, 16'000);
    expect("cpu", "1.60 % of a core over the last minute", "remora profile");
}

TEST_F(DoctorTest, ABeanInQuarantine) {
    set_counter(snapshot_, Counter::kUnitsQuarantined, 1);
    snapshot_.report = Report();
    snapshot_.report->profile.quarantined = {{"a:type=B", 70}};
    expect("quarantine", "in quarantine for 1 m 10 s: a:type=B", "select.exclude");
    set_counter(snapshot_, Counter::kUnitsQuarantined, 3);
    ASSERT_EQ(found().size(), 2U);
    EXPECT_EQ(found()[1].what, "2 more in quarantine");
    snapshot_.report.reset();
    expect("status", "3 beans are in quarantine", "select.exclude");
}

TEST_F(DoctorTest, ACapThatLeavesSeriesOut) {
    snapshot_.values->events.push_back({"series_refused_total", 1'200, 5'000});
    expect("caps", "a cap left out series", "raise the cap of limits");
    set_counter(snapshot_, Counter::kSeriesRefused, 1'200);
    snapshot_.values->events.back().age_ms = 61'000;
    EXPECT_THAT(found(), IsEmpty()) << "since then it was raised";
}

TEST_F(DoctorTest, ASelectionThatCollectsNothing) {
    set_counter(snapshot_, Counter::kUnits, 0);
    expect("nothing", "no bean is collected", "metric.reporters");
}

TEST_F(DoctorTest, ALogThatNobodyReads) {
    set_counter(snapshot_, Counter::kLogLinesLost, 9);
    snapshot_.values->events.push_back({"log_lines_lost_total", 9, 5'000});
    expect("log", "lines of the agent's log were lost, 9 so far", "a pipe whose reader hangs");
    snapshot_.values->events.back().age_ms = 61'000;
    EXPECT_THAT(found(), IsEmpty()) << "somebody reads again";
}

TEST_F(DoctorTest, AChangeThatWasRefused) {
    snapshot_.values->events[0] = {"config_reload_failures_total", 1, 500'000};
    expect("status", "the configuration was changed and refused", "remora check");
}

TEST_F(DoctorTest, WhatIsWrongWithTheBrokerIsToldToo) {
    set_value(snapshot_, "under_replicated", 3);
    expect("status", "3 partitions are under-replicated", "followers");
}

}  // namespace
}  // namespace remora
