#include "field_kinds.h"

#include <array>

namespace psabridge::similar {
namespace {

// one_in and differ come from what is known of such fields everywhere: how many values are in use, how often
// one and the same thing has two different ones. `differ` is log2 of that rate, near enough.
constexpr std::array<KindModel, kKinds> kModels{{
    // name, group, one_in, own, most, per_slip, partly, differ
    {"unique_id", Group::identity, 1'000'000, 4, bits(20), bits(9), bits(0), bits(-12)},
    {"email", Group::contact, 1'000'000, 4, bits(18), bits(3), bits(3), bits(-1.5)},
    {"identifier", Group::identity, 1'000'000, 4, bits(18), bits(5), bits(0), bits(-4)},
    {"device_name", Group::identity, 1'000'000, 4, bits(18), bits(5), bits(0), bits(-4)},
    {"phone", Group::contact, 500'000, 4, bits(16), bits(6), bits(0), bits(-1.5)},
    {"domain", Group::contact, 50'000, 4, bits(13), bits(5), bits(0), bits(-3)},
    {"date", Group::identity, 25'000, 2, bits(15), bits(8), bits(2.5), bits(-5)},
    {"postcode", Group::place, 3000, 2, bits(11), bits(5), bits(0), bits(-2)},
    {"house_number", Group::place, 60, 2, bits(6), bits(3), bits(1), bits(-2)},
    {"region", Group::place, 12, 2, bits(5), bits(2), bits(0), bits(-1.5)},
    {"amount", Group::other, 50, 2, bits(7), bits(0), bits(0.5), bits(-1.5)},
    {"person", Group::name, 1500, 2, bits(21), bits(4), bits(0), bits(-9)},
    {"town", Group::place, 200, 2, bits(9), bits(1.5), bits(1), bits(-1.5)},
    {"street", Group::place, 3000, 2, bits(12), bits(2), bits(3), bits(-2)},
    {"category", Group::other, 20, 2, bits(10), bits(2), bits(1), bits(-1.5)},
    {"maker", Group::other, 20, 2, bits(10), bits(2), bits(1), bits(-1.5)},
    {"company", Group::name, 3000, 4, bits(20), bits(3), bits(0), bits(-7)},
    {"belongs_to", Group::other, 3000, 2, bits(14), bits(3), bits(0), bits(-7)},
    {"address", Group::place, 3000, 2, bits(15), bits(2), bits(5), bits(-2)},
    {"text", Group::other, 2000, 2, bits(16), bits(3), bits(0), bits(-5)},
}};

}  // namespace

const KindModel& model_of(Kind kind) noexcept { return kModels[static_cast<std::size_t>(kind)]; }

constexpr KindModel kGivenName{"given_name", Group::name, 150, 2, bits(10), bits(2.5), bits(1.5), bits(-5)};
constexpr KindModel kSurname{"surname", Group::name, 1500, 2, bits(13), bits(2.5), bits(2), bits(-4.5)};

}  // namespace psabridge::similar
