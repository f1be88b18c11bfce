// A reload goes round the threads once, and no other way.
#include "engine/reload_handover.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "engine/reload.h"

namespace remora {
namespace {

TEST(ReloadHandoverTest, GoesRoundTheStagesAndIsIdleAgain) {
    ReloadHandover handover;
    Reload reload;
    EXPECT_TRUE(handover.is_idle());
    handover.begin(reload);
    for (const ReloadStage stage : {ReloadStage::kForCore, ReloadStage::kForCollector,
                                    ReloadStage::kFilling, ReloadStage::kSwapped}) {
        EXPECT_FALSE(handover.is_idle());
        for (const ReloadStage asked : {ReloadStage::kForCore, ReloadStage::kForCollector,
                                        ReloadStage::kFilling, ReloadStage::kSwapped}) {
            EXPECT_EQ(handover.at(asked), asked == stage ? &reload : nullptr);
        }
        handover.advance(stage);
    }
    EXPECT_TRUE(handover.is_idle());
    handover.begin(reload);
    EXPECT_EQ(handover.at(ReloadStage::kForCore), &reload) << "the next one begins alike";
}

#ifdef NDEBUG
TEST(ReloadHandoverTest, AStepOutOfTurnIsABrokenInvariant) {
    ReloadHandover handover;
    Reload reload;
    EXPECT_ANY_THROW(handover.advance(ReloadStage::kIdle));
    EXPECT_ANY_THROW(handover.advance(ReloadStage::kForCore));
    handover.begin(reload);
    EXPECT_ANY_THROW(handover.begin(reload)) << "one at a time";
    EXPECT_ANY_THROW(handover.advance(ReloadStage::kFilling)) << "it is the core's turn";
    EXPECT_EQ(handover.at(ReloadStage::kForCore), &reload) << "it stays where it is";
}
#endif

}  // namespace
}  // namespace remora
