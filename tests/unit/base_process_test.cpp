// Whether a process has ended, as far as that can be seen.
#include "base/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace remora {
namespace {

TEST(ProcessTest, OneThatLivesHasNotEnded) {
    const ProcessMark own = own_process();
    EXPECT_EQ(own.pid, ::getpid());
    EXPECT_NE(own.pid_namespace, 0U);
    EXPECT_NE(own.start_ticks, 0U);
    EXPECT_FALSE(has_ended(own));
    EXPECT_EQ(own, own_process());
}

TEST(ProcessTest, OneThatWasKilledHasEndedBeforeAndAfterItsParentAsked) {
    const ::pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    ProcessMark killed = own_process();
    killed.pid = child;
    killed.start_ticks = 0;
    EXPECT_FALSE(has_ended(killed));
    ::kill(child, SIGKILL);
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
    EXPECT_TRUE(has_ended(killed));
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(has_ended(killed));
}

TEST(ProcessTest, ItsNumberMayComeBackForAnotherOne) {
    ProcessMark before = own_process();
    before.start_ticks -= 1;
    EXPECT_TRUE(has_ended(before));
}

TEST(ProcessTest, NothingIsSaidOfOneThatCannotBeSeen) {
    ProcessMark elsewhere = own_process();
    elsewhere.pid = 0x7fffffff;
    EXPECT_TRUE(has_ended(elsewhere));
    elsewhere.pid_namespace += 1;
    EXPECT_FALSE(has_ended(elsewhere)) << "in another container";
    elsewhere.pid_namespace = 0;
    EXPECT_FALSE(has_ended(elsewhere));
}

}  // namespace
}  // namespace remora
