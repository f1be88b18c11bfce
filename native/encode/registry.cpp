#include "encode/registry.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/ascii.h"
#include "encode/escape.h"

namespace remora::encode {
namespace {

bool same_labels(const std::vector<Label>& a, const std::vector<Label>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Label& x, const Label& y) {
        return x.name == y.name && x.value == y.value;
    });
}

bool same_series(const Series& a, const Series& b) {
    return a.name == b.name && a.type == b.type && a.rule == b.rule && a.scale == b.scale &&
           same_labels(a.labels, b.labels);
}

// Decimal digits with at most one point, 0 to 1: what every parser takes for a quantile.
bool is_quantile(std::string_view text) {
    std::size_t digits = 0;
    std::size_t points = 0;
    for (const char c : text) {
        if (c == '.') {
            ++points;
        } else if (is_digit(c)) {
            ++digits;
        } else {
            return false;
        }
    }
    const std::string_view whole = text.substr(0, text.find('.'));
    const bool is_zero = whole.find_first_not_of('0') == std::string_view::npos;
    const bool is_one = whole.ends_with('1') && whole.find_first_not_of('0') == whole.size() - 1 &&
                        text.substr(whole.size()).find_first_not_of(".0") == std::string_view::npos;
    return digits > 0 && points <= 1 && text.size() <= 18 && (is_zero || is_one);
}

}  // namespace

Registry::Registry(const EncoderOptions& options, CounterTable& counters, const Needs& needs)
    : options_(options),
      counters_(counters),
      store_({.keep_previous = needs.starts || needs.deltas ||
                               (!needs.whole && options.emit == EmitMode::kChanged),
              .keep_numbers = needs.whole || options.emit == EmitMode::kAll,
              .unique = needs.unique,
              .text_bytes_max = options.line_bytes_max}),
      whole_(needs.whole),
      deltas_(needs.deltas),
      starts_(needs.starts),
      dots_(needs.dots),
      only_fresh_(!needs.whole && options.emit == EmitMode::kFresh),
      only_changed_(!needs.whole && options.emit == EmitMode::kChanged),
      extra_(safe_labels(options.labels, needs.dots)) {}

// Splits a summary's samples into their roles. False when the series contradicts itself.
bool Registry::describe(const Series& series, ReadySeries& ready) const {
    append_safe_name(ready.name, series.name, dots_);
    ready.labels = merge_labels(series, extra_, dots_);
    if (series.rule == ValueRule::kState) {
        append_safe_label_name(ready.state_label, series.state_label, dots_);
    }
    ready.counter = series.type == MetricType::kCounter;
    if (series.type != MetricType::kSummary) {
        ready.metric_family = ready.name;
        return true;
    }
    append_safe_name(ready.metric_family, series.metric_family, dots_);
    const auto quantile = std::find_if(ready.labels.begin(), ready.labels.end(),
                                       [](const Label& one) { return one.name == "quantile"; });
    const bool has_quantile = quantile != ready.labels.end();
    if (ready.name == ready.metric_family) {
        ready.role = Role::kQuantile;
        if (!has_quantile || !is_quantile(quantile->value)) {
            return false;
        }
        ready.quantile = quantile->value;
        return series.rule != ValueRule::kState;
    }
    ready.counter = true;
    ready.role = ready.name == ready.metric_family + "_count" ? Role::kCount : Role::kSum;
    return !has_quantile && series.rule != ValueRule::kState &&
           (ready.role == Role::kCount || ready.name == ready.metric_family + "_sum");
}

// What began after the last tick has grown from zero since.
SeriesStore::Begin Registry::begin_of(bool is_new) const {
    if (!is_new) {
        return {};
    }
    return {kBegun, starts_ ? static_cast<double>(wall_ms_) : 0};
}

void Registry::note_clash(const Series& series, std::string_view object_name) {
    counters_.add(Counter::kOutputSeriesClashing);
    if (++losses_.clashing == 1) {
        first_clash_ = series.name + (object_name.empty() ? "" : " of ");
        first_clash_.append(object_name);
        losses_.first_clash = first_clash_;
    }
}

bool Registry::add_series(const Series& series, const Added& added) {
    ReadySeries ready{{}, {}, series, added.object_name, {}, {}, Role::kPlain, {}, false};
    if (!describe(series, ready)) {
        counters_.add(Counter::kValuesUnencodable);
        return true;
    }
    // The first try under the series' own labels; a second with the MBean's name as one more when
    // another bean has them.
    for (int attempt = 0; attempt < 2; ++attempt) {
        Rendered rendered;
        rendered.variant.role = ready.role;
        rendered.variant.counter = ready.counter;
        rendered.variant.rule = series.rule;
        const double inverse = std::round(1.0 / series.scale);
        rendered.variant.divide = series.rule == ValueRule::kScaled && series.scale > 0 &&
                                  inverse > 1 && 1.0 / inverse == series.scale;
        rendered.variant.factor = rendered.variant.divide ? inverse : series.scale;
        if (!render(ready, rendered)) {
            counters_.add(Counter::kValuesUnencodable);
            return true;
        }
        const SeriesStore::Added outcome = store_.add(added.unit, added.slot, series.type,
                                                      std::move(rendered), begin_of(added.is_new));
        if (outcome == SeriesStore::Added::kOk) {
            return true;
        }
        if (outcome == SeriesStore::Added::kDuplicate && !added.may_be_renamed) {
            return false;
        }
        const bool has_mbean =
            std::any_of(ready.labels.begin(), ready.labels.end(),
                        [](const Label& label) { return label.name == "mbean"; });
        if (outcome == SeriesStore::Added::kConflict || has_mbean || added.object_name.empty()) {
            break;
        }
        ready.labels.push_back(Label{"mbean", std::string(added.object_name)});
    }
    note_clash(series, added.object_name);
    return true;
}

Status Registry::add_unit(UnitId unit, const UnitSeries& series) {
    if (unit >= kUnitsMax) {
        return Status(Code::kLimit, "unit id beyond the limit of units");
    }
    store_.begin_unit(unit);
    for (std::size_t i = 0; i < series.count; ++i) {
        const std::uint16_t slot =
            series.slots == nullptr ? static_cast<std::uint16_t>(i) : series.slots[i];
        if (!add_series(series.series[i],
                        {unit, slot, series.object_name, series.is_new, series.twins == nullptr})) {
            series.twins->push_back(i);
        }
    }
    return Status::ok();
}

void Registry::remove_unit(UnitId unit) {
    if (unit < kUnitsMax) {
        store_.remove_unit(unit);
    }
}

// The agent's own samples are series like others, registered again only when one of them changes
// its name or labels.
void Registry::take_self(const std::vector<SelfSample>& self) {
    for (std::size_t i = self.size(); i < self_series_.size(); ++i) {
        store_.remove_unit(kSelfBit | static_cast<std::uint32_t>(i));
    }
    if (self_series_.size() > self.size()) {
        self_series_.resize(self.size());
    }
    self_values_.resize(self.size());
    self_changed_.clear();
    for (std::size_t i = 0; i < self.size(); ++i) {
        self_values_[i] = self[i].value;
        const auto unit = kSelfBit | static_cast<std::uint32_t>(i);
        if (i < self_series_.size()) {
            if (same_series(self_series_[i], self[i].series)) {
                continue;
            }
            self_series_[i] = self[i].series;
        } else {
            self_series_.push_back(self[i].series);
        }
        // There is no text behind a self sample.
        self_series_[i].rule =
            self_series_[i].rule == ValueRule::kState ? ValueRule::kAsIs : self_series_[i].rule;
        store_.begin_unit(unit);
        self_changed_.push_back(unit);
    }
    const bool is_new = wall_ms_ == 0 && options_.begins_with_agent;
    // Only when all of them have been removed: samples may have changed places.
    for (const std::uint32_t unit : self_changed_) {
        const std::size_t i = unit & ~kSelfBit;
        static_cast<void>(add_series(self_series_[i], {unit, 0, "", is_new}));
        self_series_[i].rule = self[i].series.rule;
    }
}

void Registry::begin_tick(std::int64_t wall_ms, const std::vector<SelfSample>& self) {
    take_self(self);
    store_.tidy();
    previous_wall_ms_ = wall_ms_;
    wall_ms_ = wall_ms;
    // A clock that was set back must not put it off.
    const std::int64_t since_ms = wall_ms - keyframe_wall_ms_;
    keyframe_ = keyframe_due_ ||
                (only_changed_ && (since_ms >= options_.keyframe_ms || since_ms < 0)) ||
                !(only_changed_ || only_fresh_);
    if (keyframe_) {
        keyframe_wall_ms_ = wall_ms;
        keyframe_due_ = false;
    }
    if (deltas_) {
        store_.remember();
    }
    ticking_ = true;
    begun_ = false;
    at_ = {};
    begin_lines(wall_ms);
}

void Registry::frame_lost(bool whole) {
    keyframe_due_ = true;
    if (whole && deltas_) {
        store_.recall();
    }
}

bool Registry::encode_some(const Values& values, BlockChannel& out) {
    if (!ticking_) {
        return true;
    }
    if (!begun_) {
        out.begin_frame(wall_ms_);
        begun_ = true;
    }
    Tally tally;
    const bool complete = encode_lines(values, out, tally);
    publish(tally);
    if (!complete || !out.end_frame()) {
        return false;
    }
    ticking_ = false;
    return true;
}

void Registry::publish(const Tally& tally) {
    counters_.add(Counter::kLinesEncoded, tally.lines);
    losses_.too_long += tally.too_long;
    losses_.unencodable += tally.unencodable;
    if (tally.too_long != 0) {
        counters_.add(Counter::kLinesTooLongDropped, tally.too_long);
    }
    if (tally.unencodable != 0) {
        counters_.add(Counter::kValuesUnencodable, tally.unencodable);
    }
}

}  // namespace remora::encode
