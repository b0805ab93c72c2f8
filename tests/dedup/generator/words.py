"""Words that generate.py makes firms, people, places and tickets of. Frequent ones come first: the generator
draws them by Zipf's law.
"""


def compounds(heads, tails):
    return [head + tail for tail in tails for head in heads]


# Given name and the short forms that people use for it.
GIVEN = {
    "David": ["Dave"], "John": ["Jack", "Johnny"], "Sarah": ["Sally"], "Michael": ["Mike", "Mick"], "James": ["Jim",
    "Jamie"],
    "Paul": [], "Andrew": ["Andy", "Drew"], "Mark": [], "Susan": ["Sue"], "Peter": ["Pete"], "Robert": ["Rob", "Bob"],
    "Christopher": ["Chris"], "Emma": ["Em"], "Thomas": ["Tom"], "Karen": ["Kaz"], "Stephen": ["Steve"],
    "Richard": ["Rick", "Dick"],
    "Laura": [], "Daniel": ["Dan", "Danny"], "Matthew": ["Matt"], "Elizabeth": ["Liz", "Beth"], "Anna": ["Annie"],
    "Simon": [],
    "Martin": ["Marty"], "William": ["Will", "Bill"], "Helen": ["Nell"], "Claire": [], "Joanne": ["Jo"],
    "Anthony": ["Tony"],
    "Margaret": ["Maggie", "Peggy"], "Nicholas": ["Nick"], "Julie": ["Jules"], "Catherine": ["Cathy", "Kate"],
    "Alexander": ["Alex", "Sandy"],
    "Jonathan": ["Jon"], "Rebecca": ["Becky", "Bex"], "Kevin": ["Kev"], "Patricia": ["Pat", "Trish"], "Ian": [],
    "Rachel": ["Rach"],
    "Benjamin": ["Ben"], "Jennifer": ["Jen", "Jenny"], "Adam": [], "Lucy": ["Lu"], "Timothy": ["Tim"],
    "Samantha": ["Sam"],
    "Edward": ["Ed", "Ted"], "Charlotte": ["Charlie", "Lottie"], "Joseph": ["Joe"], "Amanda": ["Mandy"],
    "Gary": ["Gaz"], "Victoria": ["Vicky"],
    "Philip": ["Phil"], "Nicola": ["Nicky"], "George": [], "Hannah": [], "Samuel": ["Sam"], "Alison": ["Ali"],
    "Graham": [],
    "Louise": ["Lou"], "Colin": [], "Jessica": ["Jess"], "Gareth": ["Gaz"], "Katie": [], "Alan": ["Al"],
    "Caroline": ["Carrie"],
    "Neil": [], "Deborah": ["Debbie"], "Stuart": ["Stu"], "Sophie": ["Soph"], "Gregory": ["Greg"],
    "Christine": ["Chrissie"],
    "Oliver": ["Ollie"], "Jacqueline": ["Jackie"], "Ryan": [], "Fiona": ["Fi"], "Kenneth": ["Ken"], "Natalie": ["Nat"],
    "Patrick": ["Paddy"], "Kimberley": ["Kim"], "Sean": [], "Angela": ["Angie"], "Nathan": ["Nate"], "Ruth": [],
    "Craig": [],
    "Emily": ["Em"], "Lee": [], "Sharon": ["Shaz"], "Keith": [], "Diane": ["Di"], "Barry": ["Baz"], "Heather": [],
    "Roger": ["Rog"],
    "Michelle": ["Shell"], "Leonard": ["Len"], "Tracey": ["Trace"], "Raymond": ["Ray"], "Grace": ["Gracie"],
    "Douglas": ["Doug"],
    "Theresa": ["Terry", "Tess"], "Frederick": ["Fred"], "Abigail": ["Abi"], "Lawrence": ["Larry"], "Megan": ["Meg"],
    "Vincent": ["Vince"],
    "Gemma": ["Gem"], "Harry": [], "Zoe": [], "Dominic": ["Dom"], "Kirsty": [], "Albert": ["Bert"], "Holly": [],
    "Gerald": ["Gerry"],
    "Lauren": ["Loz"], "Russell": ["Russ"], "Olivia": ["Liv"], "Duncan": [], "Eleanor": ["Ellie", "Nora"],
    "Trevor": ["Trev"],
    "Barbara": ["Barb"], "Bernard": ["Bernie"], "Janet": ["Jan"], "Callum": ["Cal"], "Dorothy": ["Dot"], "Rhys": [],
    "Maria": ["Mia"],
    "Joshua": ["Josh"], "Yvonne": ["Evie"], "Ronald": ["Ron"], "Pamela": ["Pam"], "Geoffrey": ["Geoff"], "Marie": [],
    "Derek": ["Del"],
    "Veronica": ["Ronnie"], "Francis": ["Frank"], "Isabella": ["Izzy", "Bella"], "Liam": [], "Georgina": ["Georgie"],
    "Hugh": ["Hughie"],
    "Lynn": [], "Mohammed": ["Mo"], "Aisha": [], "Rajesh": ["Raj"], "Priya": [], "Wei": [], "Mei": [], "Arjun": [],
    "Fatima": [],
    "Ahmed": [], "Sunita": [], "Sanjay": [], "Nadia": [], "Imran": ["Immy"], "Deepa": [], "Hassan": [], "Leila": [],
    "Kwame": [],
    "Chidi": [], "Amara": [], "Tomasz": ["Tomek"], "Agnieszka": ["Aga"], "Katarzyna": ["Kasia"], "Piotr": [],
    "Stefan": ["Steff"],
    "Ingrid": [], "Lars": [], "Sven": [], "Freya": [], "Hans": [], "Jürgen": [], "Klaus": [], "Greta": [],
    "Heike": [], "Wolfgang": ["Wolf"],
    "Matthias": ["Matze"], "Ulrike": ["Uli"], "Katharina": ["Kathi"], "Jean": [], "Pierre": [], "François": [],
    "Camille": [], "Élodie": [],
    "Luc": [], "Amélie": [], "Thierry": [], "Pieter": ["Piet"], "Willem": ["Wim"], "Johanna": ["Anneke"],
    "Maarten": [], "Sanne": [],
    "Femke": [], "Carlos": [], "Lucía": ["Lucy"], "Javier": ["Javi"], "Giulia": [], "Marco": [], "Siobhan": [],
    "Niamh": [], "Eoin": [],
    "Aoife": [], "Declan": ["Dec"], "Ciara": [], "Bronwyn": ["Bron"], "Lachlan": ["Lachie"], "Tane": [],
    "Kahurangi": [], "Shane": [],
    "Tyler": [], "Brandon": [], "Madison": ["Maddie"], "Savannah": ["Sav"], "Cody": [], "Austin": [], "Chloe": [],
    "Ethan": [],
    "Harriet": ["Hattie"], "Toby": [], "Beatrice": ["Bea"], "Rupert": [], "Imogen": ["Immy"], "Jasper": [],
    "Florence": ["Flo"], "Felix": [],
}

SURNAMES = """Smith Jones Williams Taylor Brown Davies Wilson Evans Thomas Johnson Roberts Walker Wright Robinson Thompson White
Hughes Edwards Green Hall Wood Harris Lewis Martin Jackson Clarke Clark Turner Hill Scott Cooper Morris Ward Moore King Watson
Baker Harrison Morgan Patel Young Allen Mitchell James Anderson Phillips Lee Bell Parker Davis Bennett Miller Cook Shaw Cox
Richardson Collins Carter Bailey Gray Murphy Adams Khan Price Hughes Foster Simpson Marshall Hunt Mills Palmer Stevens Singh
Murray Graham Gibson Ellis Reynolds Dixon Fisher Harvey Pearson Kelly Barnes Powell Wells Webb Rogers Butler Owen Knight Holmes
Chapman Mason Campbell Stewart Russell Grant Stone Ford Hart Lane Cole West Day Hayes Jordan Payne Perry Burton Spencer Walsh
Nicholson Nguyen Garcia Rodriguez Chen Wang Zhang Kumar Sharma Ali Hussain Begum Ahmed Okafor Mensah Kowalski Nowak Zyskowski
Wiśniewski Müller Schmidt Schneider Fischer Weber Becker Hoffmann Schäfer Köhler Dubois Lefèvre Moreau Girard Rousseau Jansen
Bakker Visser Smit Meijer Mulder Hansen Olsen Nilsson Larsson O'Brien O'Neill O'Connor Byrne Ryan Gallagher McCarthy McDonald
MacLeod MacKenzie Fraser Sinclair Drummond Rossi Russo Ferrari Silva Santos Costa Fernandes Hernandez Lopez Martinez Papadopoulos
Ivanov Petrov Yamamoto Tanaka Kim Park Tran Pham Ngata Tuhoe""".split()
SURNAMES = list(dict.fromkeys(SURNAMES)) + compounds(
    "Ash Black Bram Brad Burn Chad Clay Cran Craw Darn Dun Elling Far Gold Green Hart Hath Hazel Hether Hol Hunting Kings Lang Lin Marl Mer "
    "Nor Oak Pem Pen Rad Red Row Sel Shel Stan Staple Thorn Up Wake Wal War Wed Wes Whit Win Wood Wyn".split(),
    "ford well ton ham field ley worth bury wick combe bridge ridge croft shaw gate more hurst den".split())

# What firms do, and what they call it.
TRADES = """Plumbing|Electrical|Construction|Accountants|Solicitors|Dental Practice|Engineering|Logistics|Motors|Recruitment|Estate Agents|
Architects|Joinery|Roofing|Landscapes|Catering|Cleaning Services|Insurance Brokers|Financial Planning|Veterinary Clinic|Pharmacy|
Printing|Packaging|Transport|Haulage|Bakery|Butchers|Garden Centre|Furniture|Flooring|Kitchens|Windows|Scaffolding|Security|
Property Management|Surveyors|Travel|Nursery|Care Homes|Physiotherapy|Opticians|Training|Marketing|Media|Design|Software|Analytics|
Foods|Wines|Brewery|Textiles|Fabrications|Precision Tools|Plastics|Chemicals|Instruments|Lighting|Heating|Refrigeration|Drainage|
Demolition|Timber|Steel|Glass|Ceramics|Jewellers|Florists|Photography|Events|Fitness|Golf Club|Academy|Housing Association|
Farm Supplies|Agricultural Services|Marine|Aviation|Auto Parts|Tyres|Tool Hire|Self Storage|Removals|Courier Services|Waste Management|
Recycling|Renewables|Solar|Telecoms|Audio Visual|Signs|Workwear|Translations|Market Research|Legal|Tax Advisers|Mortgages|
Wealth Management|Capital|Charitable Trust|Theatre|Museum|Medical Centre|Orthodontics|Laboratories|Diagnostics""".replace("\n", "").split("|")

BRANDS = compounds(
    "Bright Blue Clear North South Silver Iron Swift True Open Prime Star Sky Stone River Ever Fair High Deep Next Core Link Net Data Cloud "
    "Eco Terra Aqua Nova Omni Vertex Apex Zen Quanta Helio Lumen Orbi Cobalt Copper Ember Falcon Harbour Meridian Pioneer Summit".split(),
    ["wave", "point", "bridge", "path", "line", "gate", "works", "field", "mark", "cast", "sight", "logic", "sphere",
    "forge", "well", "view"])

CHAINS = compounds(
    "Snip Fresh Rapid Happy Golden Urban Corner Little Royal Crisp Magic Sunny Tasty Speedy Cosy Tidy Merry Lucky Perfect Jolly".split(),
    [" Fitness", " Bakehouse", " Tan", " Lettings", " Autocentre", " Nursery", " Pizza", " Dry Cleaning", " Barbers",
    " Opticians", " Coffee",
     " Care", " Couriers", " Kitchens"])

# (form as registered, ways of writing it)
LEGAL = {
    "GB": [("Ltd", ["Limited", "LTD", "Ltd.", ""]), ("Limited", ["Ltd", ""]), ("LLP", ["L.L.P.", ""]), ("PLC", ["plc",
    ""])],
    "US": [("LLC", ["L.L.C.", ""]), ("Inc", ["Inc.", "Incorporated", ""]), ("Corp", ["Corporation", "Corp.", ""])],
    "AU": [("Pty Ltd", ["Pty. Ltd.", "Proprietary Limited", "P/L", ""])],
    "NZ": [("Ltd", ["Limited", ""])],
    "IE": [("Ltd", ["Limited", "Teoranta", ""]), ("DAC", ["D.A.C.", ""])],
    "DE": [("GmbH", ["Gesellschaft mbH", "G.m.b.H.", ""]), ("GmbH & Co. KG", ["GmbH & Co KG", "GmbH und Co. KG", ""])],
    "FR": [("SARL", ["S.A.R.L.", "Sàrl", ""]), ("SAS", ["S.A.S.", ""])],
    "NL": [("B.V.", ["BV", "b.v.", ""])],
}

TOWNS = {
    "GB": "London:EC,Birmingham:B,Leeds:LS,Sheffield:S,Manchester:M,Bristol:BS,Liverpool:L,Nottingham:NG,Leicester:LE,Newcastle:NE,"
          "Brighton:BN,Portsmouth:PO,Derby:DE,Norwich:NR,Reading:RG,Exeter:EX,Oxford:OX,Cambridge:CB,York:YO,Bath:BA,Chester:CH,"
          "Preston:PR,Swansea:SA,Cardiff:CF,Glasgow:G,Edinburgh:EH,Aberdeen:AB,Dundee:DD,Belfast:BT,Plymouth:PL,Gloucester:GL,"
          "Ipswich:IP,Lincoln:LN,Stoke-on-Trent:ST,St Albans:AL,Milton Keynes:MK,Northampton:NN,Carlisle:CA,Worcester:WR,Truro:TR",
    "US": "Springfield IL:627,Austin TX:787,Portland OR:972,Denver CO:802,Columbus OH:432,Charlotte NC:282,Madison WI:537,Tampa FL:336,"
          "Phoenix AZ:850,Boise ID:837,Nashville TN:372,Richmond VA:232,Albany NY:122,Hartford CT:061,Omaha NE:681,Tulsa OK:741,"
          "Fresno CA:937,Spokane WA:992,Raleigh NC:276,Dayton OH:454",
    "AU": "Sydney NSW:20,Melbourne VIC:30,Brisbane QLD:40,Perth WA:60,Adelaide SA:50,Hobart TAS:70,Geelong VIC:32,Newcastle NSW:23,"
          "Cairns QLD:48,Ballarat VIC:33",
    "NZ": "Auckland:10,Wellington:60,Christchurch:80,Hamilton:32,Dunedin:90,Tauranga:31,Napier:41,Nelson:70",
    "IE": "Dublin 2:D02,Cork:T12,Galway:H91,Limerick:V94,Waterford:X91,Sligo:F91,Kilkenny:R95,Athlone:N37",
    "DE": "Berlin:10,Hamburg:20,München:80,Köln:50,Frankfurt am Main:60,Stuttgart:70,Düsseldorf:40,Leipzig:04,Nürnberg:90,Bremen:28",
    "FR": "Paris:75,Lyon:69,Marseille:13,Toulouse:31,Nantes:44,Strasbourg:67,Bordeaux:33,Lille:59,Rennes:35,Saint-Étienne:42",
    "NL": "Amsterdam:10,Rotterdam:30,Utrecht:35,Eindhoven:56,Groningen:97,Den Haag:25,Tilburg:50,Breda:48",
}
TOWNS = {country: [tuple(town.split(":")) for town in towns.split(",")] for country, towns in TOWNS.items()}

STREETS = {
    "en": ("High Church Station Park Victoria Mill London Queens Kings Albert Manor Chapel Bridge Market Green Castle School North South New "
           "George Wellington Grange Springfield Highfield Woodland Orchard Meadow Priory Abbey Canal Dock Foundry Harbour Oak Elm Cedar Maple "
           "Washington Lincoln Jefferson Sunset Railway Commercial Industrial Enterprise").split(),
    "DE": "Haupt Bahnhof Garten Schul Berg Linden Kirch Wald Wiesen Goethe Schiller Mozart Ring Industrie Hafen Mühlen".split(),
    "FR": ["de la République", "Victor Hugo", "de la Gare", "du Moulin", "de l'Église", "Pasteur", "Jean Jaurès",
    "des Lilas", "du Port"],
    "NL": "Dorps Kerk Stations Molen School Julianas Beatrix Haven Industrie Markt Eiken Linden".split(),
}
STREET_TYPES = [("Street", "St"), ("Road", "Rd"), ("Lane", "Ln"), ("Avenue", "Ave"), ("Drive", "Dr"), ("Court", "Ct"),
                ("Close", "Cl")]
ABBREVIATIONS = [("Services", "Svcs"), ("Management", "Mgmt"), ("Engineering", "Eng"), ("Association", "Assoc"),
                 ("Construction", "Constr"),
                 ("Accountants", "Accts"), ("Company", "Co"), (" and ", " & "), (" & ", " and "), ("Centre", "Ctr"),
                 ("Saint ", "St ")]

DEPARTMENTS = ["Accounts", "Sales", "Operations", "HR", "Production", "Warehouse", "Management", "Marketing",
               "Reception", "Purchasing"]
JOBS = ["Manager", "Director", "Assistant", "Engineer", "Administrator", "Buyer", "Partner", "Receptionist",
        "Bookkeeper", "Supervisor"]
ROLES = ["info", "accounts", "sales", "office", "admin", "reception", "hello", "enquiries"]
FREE_MAIL = ["gmail.com", "hotmail.com", "outlook.com", "yahoo.co.uk", "btinternet.com", "icloud.com", "gmx.de",
             "orange.fr"]
HOSTERS = ["facebook.com", "wixsite.com", "linkedin.com", "business.site", "myshopify.com", "squarespace.com"]

# maker: (models, letters of its serial numbers, first half of its network addresses)
MACHINES = {
    "Dell Inc.": (["Latitude 5420", "Latitude 7430", "OptiPlex 7090", "Precision 3560", "XPS 13 9310"], 7, "D4:81:D7"),
    "HP": (["EliteBook 840 G8", "ProBook 450 G9", "ProDesk 400 G7", "ZBook Firefly 14"], 10, "3C:52:82"),
    "LENOVO": (["ThinkPad T14 Gen 2", "ThinkPad L15", "ThinkCentre M70q", "ThinkPad X1 Carbon"], 8, "54:E1:AD"),
    "Microsoft Corporation": (["Surface Pro 8", "Surface Laptop 4", "Surface Go 3"], 12, "28:18:78"),
    "Apple": (["MacBook Air M2", "MacBook Pro 14", "iMac 24", "Mac mini"], 10, "F0:18:98"),
}
SYSTEMS = ["Windows 11 Pro", "Windows 10 Pro", "Windows 11 Enterprise"]
SERVER_SYSTEMS = ["Windows Server 2019", "Windows Server 2022", "Windows Server 2016"]
PLACEHOLDER_SERIALS = ["To be filled by O.E.M.", "Default string", "None", "0", "1234567", "System Serial Number",
                       "Not Specified", "123456789", "N/A",
                       "INVALID", "00000000"]

# Tickets that people write: {n} a number, {thing} something with a name.
COMPLAINTS = ["{thing} not working", "Cannot log in to {thing}", "{thing} very slow", "Error {n} in {thing}",
              "Please reset my password for {thing}",
              "{thing} keeps crashing", "New starter needs {thing}", "Access to {thing} please",
              "Question about {thing}", "{thing} licence expired",
              "Unable to open attachment in {thing}", "{thing} will not connect", "Blank screen when opening {thing}",
              "Install {thing} on my laptop",
              "Lost files from {thing}", "{thing} asks for the password again and again",
              "Update {thing} to the latest version", "{thing} prints garbage",
              "No sound in {thing}", "Cannot send email from {thing}"]
THINGS = ["Outlook", "the printer", "Teams", "VPN", "OneDrive", "SharePoint", "Sage", "Excel", "the scanner", "Wi-Fi",
          "the phone system", "Xero",
          "Remote Desktop", "the label printer", "Adobe Acrobat", "the shared drive", "the CRM", "my monitor",
          "the docking station", "Zoom",
          "the payroll system", "the stock system", "Word", "the meeting room screen", "the intranet", "AutoCAD",
          "the door system"]
DETAILS = ["It started this morning.", "I have already restarted it.", "This is urgent, I cannot work.",
           "My colleague has the same machine and it is fine.",
           "It worked yesterday.", "Please call me back.", "Not urgent.",
           "I get a message but it goes away too fast.", "See the screenshot.",
           "It happens every time.", "Only since the update.", "I am in the office until five."]
ALERTS = ["Disk space low on C: - {host}", "CPU above 95 % - {host}", "{host} is offline", "Backup failed on {host}",
          "Antivirus out of date on {host}",
          "Service Spooler stopped on {host}", "Patch failed on {host}", "Memory above 90 % - {host}",
          "SMART warning on {host}"]
RECURRING = ["Weekly backup check", "Monthly server maintenance", "Daily antivirus report", "Weekly patch review",
             "Quarterly restore test",
             "Monthly licence review", "Weekly site visit"]
OUTAGES = ["Internet down", "No internet", "Internet not working", "Email is down", "Cannot receive email",
           "Phones are down", "Server is down",
           "Nobody can log in"]
