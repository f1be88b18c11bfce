#include "sink/openmetrics_text.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

std::string said(std::string_view page) {
    std::size_t left_out = 0;
    return openmetrics_of(page, left_out);
}

TEST(OpenMetricsTextTest, ACounterEndsInTotalAndItsFamilyDoesNot) {
    EXPECT_EQ(said("# HELP a_total x\n# TYPE a_total counter\na_total{t=\"1 2\"} 3\na_total 4\n"),
              "# HELP a x\n# TYPE a counter\na_total{t=\"1 2\"} 3\na_total 4\n# EOF\n");
    EXPECT_EQ(said("# HELP b x\n# TYPE b counter\nb 3\n"),
              "# HELP b x\n# TYPE b counter\nb_total 3\n# EOF\n");
}

TEST(OpenMetricsTextTest, WhatIsNoCountIsLeftOut) {
    EXPECT_EQ(said("# HELP a x\n# TYPE a counter\na{l=\"1\"} -1\na{l=\"2\"} NaN\na{l=\"3\"} +Inf\n"
                   "# HELP b x\n# TYPE b counter\nb -Inf\n"),
              "# HELP a x\n# TYPE a counter\na_total{l=\"3\"} +Inf\n# EOF\n");
    EXPECT_EQ(said("# HELP s x\n# TYPE s summary\ns{quantile=\"0.5\"} -1\n"
                   "s{quantile=\"0.9\"} NaN\ns_sum -3\ns_count 5\n"),
              "# HELP s x\n# TYPE s summary\ns{quantile=\"0.9\"} NaN\ns_count 5\n# EOF\n");
}

TEST(OpenMetricsTextTest, HelpAndTypeAreSpeltAsThere) {
    EXPECT_EQ(said("# HELP a a \"b\" \\\\ \\n\n# TYPE a untyped\na -1\n"),
              "# HELP a a \\\"b\\\" \\\\ \\n\n# TYPE a unknown\na -1\n# EOF\n");
    EXPECT_EQ(said("# HELP g x\n# TYPE g gauge\ng{s=\"up\"} 1\n"),
              "# HELP g x\n# TYPE g gauge\ng{s=\"up\"} 1\n# EOF\n");
    EXPECT_EQ(said(""), "# EOF\n");
}

TEST(OpenMetricsTextTest, AFamilyWhoseNamesAreTakenIsLeftOutAndCounted) {
    std::size_t left_out = 0;
    EXPECT_EQ(openmetrics_of("# HELP a x\n# TYPE a gauge\na 1\n"
                             "# HELP a_total x\n# TYPE a_total counter\na_total 2\n"
                             "# HELP b x\n# TYPE b summary\nb_sum 2\n"
                             "# HELP b_created x\n# TYPE b_created gauge\nb_created 2\n",
                             left_out),
              "# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b summary\nb_sum 2\n# EOF\n");
    EXPECT_EQ(left_out, 2U);
}

TEST(OpenMetricsTextTest, APageThatIsNoneHarmsNothing) {
    for (const char* page : {"# HELP", "# HELP \n", "# HELP a", "\n\n", "x 1\n",
                             "# HELP a x\n\n \n", "# HELP a x\n# TYPE a counter\n a\na\n"}) {
        EXPECT_TRUE(said(page).ends_with("# EOF\n")) << page;
    }
    EXPECT_EQ(families_of("x 1\n# HELP a b\na 1\n# HELP c d\n# EOF\n").size(), 2U);
}

}  // namespace
}  // namespace remora
