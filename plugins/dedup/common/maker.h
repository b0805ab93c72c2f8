// Manufacturers and models of devices, as far as it takes to see that two are not the same. Pure functions,
// any thread.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::dedup {

/// First word of a manufacturer's name, brands of one house made alike ("Hewlett-Packard" and "HP Inc.":
/// "hp"). Empty for placeholders.
std::string normal_maker(std::string_view manufacturer);

/// Words of a model in lower case without punctuation, one blank between them. Empty for placeholders.
std::string normal_model(std::string_view model);

/// True for machines that VMware, Hyper-V and the like pretend; both normal.
bool is_virtual_machine(std::string_view maker, std::string_view model);

/// True when both are known and neither begins as the other does ("ASUS" and "ASUSTeK" do).
bool makers_differ(std::string_view a, std::string_view b);

/// True when both are names of several words and have no word in common. A single word may be the
/// manufacturer's code for the very model ("20XW003EUK", "ThinkPad X1 Carbon").
bool models_differ(std::string_view a, std::string_view b);

}  // namespace psabridge::dedup
