#include "base/password_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace remora {
namespace {

// Made by hashlib.pbkdf2_hmac of Python.
constexpr const char* kSecret =
    "pbkdf2_sha256$1000$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0=";
constexpr const char* kForeign =
    "pbkdf2_sha256$1000$salt$Zmz1vexjd95ugqXt1CY0q6+NxESFPdByh4Lb+eLnP5E=";

TEST(PasswordHashTest, KnowsItsPasswordAndNoOther) {
    const auto secret = PasswordHash::parse(kSecret);
    ASSERT_TRUE(secret) << secret.status().message();
    EXPECT_TRUE(secret.value().is_of("secret"));
    for (const char* other : {"", "secre", "secret ", "Secret", "salt"}) {
        EXPECT_FALSE(secret.value().is_of(other)) << other;
    }
    EXPECT_TRUE(PasswordHash::parse(kForeign).value().is_of("p\xC3\xA4:\xC3\x9F"));
}

TEST(PasswordHashTest, WhatIsNoHashIsRefused) {
    const std::string hash = "$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0=";
    for (const std::string& wrong :
         {std::string(), std::string("secret"), "pbkdf2_sha1$1000$salt" + hash,
          "pbkdf2_sha256$999$salt" + hash, "pbkdf2_sha256$1000001$salt" + hash,
          "pbkdf2_sha256$1e3$salt" + hash, "pbkdf2_sha256$$salt" + hash,
          "pbkdf2_sha256$1000$" + hash, "pbkdf2_sha256$1000" + hash,
          std::string("pbkdf2_sha256$1000$salt$"), std::string("pbkdf2_sha256$1000$salt$c2hvcnQ="),
          "pbkdf2_sha256$1000$salt" + hash + "x"}) {
        EXPECT_FALSE(PasswordHash::parse(wrong)) << wrong;
    }
    EXPECT_NE(PasswordHash::parse("x").status().message().find("expected pbkdf2_sha256$"),
              std::string::npos);
}

TEST(PasswordHashTest, SecretsAndBase64) {
    EXPECT_TRUE(is_same_secret("", ""));
    EXPECT_TRUE(is_same_secret("ab", "ab"));
    EXPECT_FALSE(is_same_secret("ab", "abc"));
    EXPECT_FALSE(is_same_secret("ab", ""));
    EXPECT_FALSE(is_same_secret("ab", "aB"));
    EXPECT_EQ(decoded_base64("YTpiOmM="), "a:b:c");
    for (const char* wrong : {"", "YTpi?", "YTpiO", "====", "Y Tpi"}) {
        EXPECT_FALSE(decoded_base64(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace remora
