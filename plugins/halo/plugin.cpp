#include <psabridge/plugin.hpp>

#include "connector.h"
#include "halo_embedded.h"

PSABRIDGE_PLUGIN("net.psabridge.halo", "0.1.0", "psabridge", "Reads HaloPSA, HaloITSM and HaloCRM",
                 psabridge::sdk::connector<psabridge::halo::HaloConnector>(
                     "halo", "Reads clients, sites, contacts, tickets, notes and assets from HaloPSA",
                     psabridge::halo::kSettingsSchema));
