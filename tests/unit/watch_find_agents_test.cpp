// The agents of a machine, in a /proc that was made for it; and the files of a directory.
#include "watch/find_agents.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/files.h"
#include "support/temporary_directory.h"
#include "watch/snapshot.h"

namespace remora {
namespace {

namespace fs = std::filesystem;

class FindAgentsTest : public testing::Test {
 protected:
    void add_process(const std::string& pid, const std::string& command, const std::string& lock) {
        const fs::path folder = fs::path(proc_) / pid;
        fs::create_directories(folder);
        std::ofstream(folder / "cmdline") << command;
        if (!lock.empty()) {
            fs::create_directories(folder / "fd");
            fs::create_symlink("/dev/null", folder / "fd" / "0");
            fs::create_symlink(lock, folder / "fd" / "7");
        }
    }

    const TemporaryDirectory temporary_;
    const std::string proc_ = temporary_.path() + "/proc";
    const std::string directory_ = temporary_.path() + "/agent";
};

TEST_F(FindAgentsTest, AnAgentIsFoundByTheLockThatItHolds) {
    fs::create_directories(directory_);
    std::ofstream(directory_ + "/remora.lock") << "";
    add_process("4711", "java", directory_ + "/remora.lock");
    add_process("99", "sh", "");
    fs::create_directories(proc_ + "/sys");
    const FoundAgents found = find_agents(proc_);
    ASSERT_EQ(found.agents.size(), 1U);
    EXPECT_EQ(found.agents[0].pid, 4711);
    EXPECT_EQ(found.agents[0].directory, directory_);
    EXPECT_TRUE(find_agents_of(99, proc_).agents.empty());
}

TEST_F(FindAgentsTest, InAContainerItIsReachedThroughTheProcess) {
    add_process("4711", "java", "/nowhere/remora/remora.lock");
    const FoundAgents found = find_agents(proc_);
    ASSERT_EQ(found.agents.size(), 1U);
    EXPECT_EQ(found.agents[0].directory, proc_ + "/4711/root/nowhere/remora");
}

TEST_F(FindAgentsTest, AProcessThatCannotBeLookedIntoIsTold) {
    const std::string command("java\0-javaagent:/opt/remora.jar=/etc/remora.json\0kafka.Kafka", 61);
    add_process("4711", command, "");
    const FoundAgents found = find_agents(proc_);
    EXPECT_TRUE(found.agents.empty());
    EXPECT_EQ(found.hidden, std::vector<std::int64_t>{4711});
    add_process("99", "java", "");
    EXPECT_EQ(find_agents(proc_).hidden, std::vector<std::int64_t>{4711}) << "of many others";
    EXPECT_EQ(find_agents_of(99, proc_).hidden, std::vector<std::int64_t>{99});
    EXPECT_TRUE(find_agents_of(100, proc_).hidden.empty()) << "it is not there";
}

TEST_F(FindAgentsTest, AnArgumentOfTheAgentIsKnownFromOthers) {
    for (const char* const word :
         {"-javaagent:remora.jar", "-javaagent:/opt/remora-0.1.0.jar=/etc/x.json"}) {
        EXPECT_TRUE(is_agent_argument(word)) << word;
    }
    for (const char* const word : {"-javaagent:/opt/jmx_prometheus_javaagent.jar=1:/etc/remora.jar",
                                   "remora.jar", "-javaagent:/opt/remora/other.jar"}) {
        EXPECT_FALSE(is_agent_argument(word)) << word;
    }
}

TEST_F(FindAgentsTest, TheFilesOfADirectoryAreOneSnapshot) {
    fs::create_directories(directory_);
    AgentFiles files(directory_);
    EXPECT_FALSE(files.has_news());
    EXPECT_NE(files.read(0).trouble.find("cannot be opened"), std::string::npos);
    CounterTable table;
    CounterFileHead head;
    head.process = own_process();
    ASSERT_TRUE(write_counter_file(directory_ + "/remora.counters", table, head));
    EXPECT_TRUE(files.has_news());
    Snapshot snapshot = files.read(0);
    ASSERT_TRUE(snapshot.counters);
    EXPECT_FALSE(files.has_news());
    EXPECT_FALSE(snapshot.process_ended);
    EXPECT_NE(snapshot.values_trouble.find("remora.values: cannot be opened"), std::string::npos);
    LastValues values;
    values.process = own_process();
    ASSERT_TRUE(replace_file(directory_ + "/remora.values", print_values(values), "values"));
    EXPECT_TRUE(files.has_news());
    EXPECT_TRUE(files.read(0).values);
    values.process.start_ticks++;
    ASSERT_TRUE(replace_file(directory_ + "/remora.values", print_values(values), "values"));
    snapshot = files.read(0);
    EXPECT_FALSE(snapshot.values) << "of a process before this one";
    EXPECT_NE(snapshot.values_trouble.find("before this one"), std::string::npos);
    ASSERT_TRUE(replace_file(directory_ + "/remora.values", "half", "values"));
    EXPECT_NE(files.read(0).values_trouble.find("no file of last values"), std::string::npos);
}

}  // namespace
}  // namespace remora
