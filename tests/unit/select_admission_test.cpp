#include "select/admission.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

TEST(AdmissionTest, KeepsWhatItHasAndCountsWhatItRefuses) {
    LimitsConfig limits;
    limits.units_max = 4;
    limits.series_max = 20;
    limits.series_per_family_max = 10;
    Admission admission(limits);
    EXPECT_EQ(admission.admit(0, 8), Cap::kNone);
    EXPECT_EQ(admission.admit(0, 8), Cap::kFamily) << "whole or not at all";
    EXPECT_EQ(admission.admit(0, 2), Cap::kNone);
    EXPECT_EQ(admission.admit(1, 10), Cap::kNone);
    EXPECT_EQ(admission.admit(2, 1), Cap::kSeries);
    EXPECT_EQ(admission.series(), 20U);
    EXPECT_EQ(admission.refused(0), 1U);
    EXPECT_EQ(admission.refused(2), 1U);
    admission.release(1, 10);
    EXPECT_EQ(admission.admit(2, 1), Cap::kNone);
    EXPECT_EQ(admission.admit(2, 1), Cap::kNone);
    EXPECT_EQ(admission.admit(2, 1), Cap::kUnits);
    admission.release(7, 1);
    EXPECT_EQ(admission.units(), 4U) << "what was never admitted releases nothing";
}

TEST(AdmissionTest, AFamilysCapIsNotForWhatWatchesForTrouble) {
    LimitsConfig limits;
    limits.units_max = 5;
    limits.series_max = 5;
    limits.series_per_family_max = 2;
    Admission admission(limits);
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(admission.admit(0, 1, Claim::kBeyondFamily), Cap::kNone);
    }
    EXPECT_EQ(admission.admit(0, 1), Cap::kFamily) << "they count";
    EXPECT_EQ(admission.family_series(0), 4U);
    EXPECT_EQ(admission.admit(1, 2, Claim::kBeyondFamily), Cap::kSeries);
    EXPECT_EQ(admission.admit(1, 1), Cap::kNone);
    EXPECT_EQ(admission.admit(0, 1, Claim::kBeyondFamily), Cap::kUnits);
}

TEST(AdmissionTest, WhatTellsOfTroubleIsAlwaysAdmitted) {
    LimitsConfig limits;
    limits.units_max = 2;
    limits.series_max = 2;
    limits.series_per_family_max = 1;
    Admission admission(limits);
    EXPECT_EQ(admission.admit(0, 1), Cap::kNone);
    EXPECT_EQ(admission.admit(0, 1), Cap::kFamily);
    EXPECT_EQ(admission.admit(1, 1), Cap::kNone);
    EXPECT_EQ(admission.admit(2, 1), Cap::kUnits);
    EXPECT_EQ(admission.admit(2, 1, Claim::kBeyondFamily), Cap::kUnits);
    EXPECT_EQ(admission.admit(2, 1, Claim::kAlways), Cap::kNone);
    EXPECT_EQ(admission.admit(0, 1, Claim::kAlways), Cap::kNone);
    EXPECT_EQ(admission.admit(3, 1), Cap::kUnits);
    admission.release(2, 1);
    admission.release(0, 1);
    EXPECT_EQ(admission.units(), 2U);
    EXPECT_EQ(admission.series(), 2U);
}

}  // namespace
}  // namespace remora
