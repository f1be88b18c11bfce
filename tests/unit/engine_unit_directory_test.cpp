// Units enter the core and leave it in one way, and every part hears of it.
#include "engine/unit_directory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/kept_log.h"

namespace remora {
namespace {

// Writes down what it hears and whether the cache has the unit meanwhile.
class Listener final : public UnitPart {
 public:
    Listener(std::string name, const Cache& cache, std::vector<std::string>& heard)
        : name_(std::move(name)), cache_(cache), heard_(heard) {}

    void name_family(FamilyId, const std::string& family) override {
        heard_.push_back(name_ + " family " + family);
    }
    void add(const Registration& registration) override {
        hear("add " + std::string(registration.name.get().text()), registration.unit);
    }
    void keep(const Registration& registration) override {
        hear("keep " + std::string(registration.name.get().text()), registration.unit);
    }
    void remove(UnitId unit) override { hear("remove", unit); }

 private:
    void hear(const std::string& what, UnitId unit) {
        heard_.push_back(name_ + " " + what + (cache_.has(unit) ? "" : " without values"));
    }

    const std::string name_;
    const Cache& cache_;
    std::vector<std::string>& heard_;
};

class UnitDirectoryTest : public testing::Test {
 protected:
    static Registration registration(UnitId unit, const std::string& topic) {
        Registration made;
        made.unit = unit;
        made.family = 2;
        made.family_name = "d:type=T,topic=*";
        const std::string name = "d:type=T,topic=" + topic;
        made.name = OwnedObjectName(ObjectName::parse(name).value());
        made.series.resize(1);
        return made;
    }
    std::vector<std::string> take_heard() { return std::exchange(heard_, {}); }

    CounterTable counters_;
    FakeClock clock_;
    KeptLog lines_;
    Log log_{lines_, clock_, counters_};
    Cache cache_{counters_};
    SpscChannel<UnitId> freed_{1};
    std::vector<std::string> heard_;
    Listener first_{"1", cache_, heard_};
    Listener second_{"2", cache_, heard_};
    UnitDirectory units_{cache_, freed_, {&first_, &second_}, log_};
};

TEST_F(UnitDirectoryTest, PartsHearInTheirOrderAndOfAnEndInTheOpposite) {
    units_.add(registration(5, "a"));
    EXPECT_EQ(take_heard(),
              (std::vector<std::string>{"1 family d:type=T,topic=*", "2 family d:type=T,topic=*",
                                        "1 add d:type=T,topic=a", "2 add d:type=T,topic=a"}));
    EXPECT_EQ(units_.name_of(5), "d:type=T,topic=a");
    units_.add(registration(6, "b"));
    EXPECT_EQ(take_heard().size(), 2U) << "the family has its name";
    units_.remove(5);
    EXPECT_EQ(take_heard(), (std::vector<std::string>{"2 remove", "1 remove"}));
    EXPECT_FALSE(cache_.has(5));
    EXPECT_EQ(units_.name_of(5), "");
    units_.remove(5);
    EXPECT_EQ(take_heard().size(), 0U) << "there is none any more";
}

TEST_F(UnitDirectoryTest, PartsHearOfAUnitThatStaysUnderWhateverTheRegistrationSays) {
    units_.add(registration(5, "a"));
    take_heard();
    Registration kept;
    kept.unit = 5;
    kept.family = 2;
    kept.is_kept = true;
    units_.keep(kept);
    EXPECT_EQ(take_heard(), (std::vector<std::string>{"1 keep ", "2 keep "}));
}

TEST_F(UnitDirectoryTest, WhatTheCacheRefusesNobodyHearsOf) {
    units_.add(registration(5, "a"));
    take_heard();
    units_.add(registration(5, "b"));
    EXPECT_EQ(take_heard().size(), 0U);
    EXPECT_EQ(units_.name_of(5), "d:type=T,topic=a");
    EXPECT_TRUE(lines_.has("unit refused by the core: d:type=T,topic=b"));
}

TEST_F(UnitDirectoryTest, AnIdGoesBackOnceWhenThereIsRoom) {
    for (const UnitId unit : {0U, 1U}) {
        units_.add(registration(unit, std::to_string(unit)));
        units_.remove(unit);
    }
    std::vector<UnitId> back;
    for (int turn = 0; turn < 4; ++turn) {
        units_.give_back_ids();
        for (UnitId unit = kNoUnit; freed_.try_pop(unit);) {
            back.push_back(unit);
        }
    }
    EXPECT_EQ(back, (std::vector<UnitId>{1, 0}));
}

}  // namespace
}  // namespace remora
