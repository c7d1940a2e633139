// The vocabulary of the sample file.

/** Common English words, each as likely as the next; their lengths follow those of common English. */
export const WORDS: readonly string[] = `
a ability able absolute accept acceptance accomplish account across action ad adjustment administrate
administration advanced adventure after age agency agenda agent ago agree agreement ahead aim all almost
alongside alphabet already am among amount an and another any anyone anywhere apology appear apple apron
architecture area arise arm army arrival arrow art as ask asleep assume at attack attribute august
authority autumn award ax baby bad bag bake ball bar barely barn base battery be beach beam bean bear
because become bed bedroom behind belief berry beside besides better billion birth bit blade block boat
body boot boss both bottom box branch brass brave break breeze bridge brief bright bring brown bunch
burn bus business buy by cabin cabinet cake camp campus can candles capital capture car card care
carefully carry cart cash cat catch central chalk champion channel charity charm cheese chest children
choice circle claim classroom clay clean clear climate close closed club coach coal coastal coffee cold
collect combat compare compete competition complete completely component concern concrete conduct
conference confident conflict connected consist construct contact contribute control cool corn corner
cost cotton could count course creativity creature crop crown curve cycle dark data date day deadline
deal dealing dear decide deck deep deeply deer defensive definitely delicate delivery demonstrate
density design desire desk despite development diamond die diet differ different difficult discussion
dish display distance distinction do domain door double down draft dramatic draw dress drink drive
driving drum dry duty ear earth east easy economic editor effect effort egg eighth election elevator
else embrace emotional employ employee empty enable end engine enjoyment ensure entire entrance entry
environmental equal error exact excellent except excited executive exercise expand expansion expense
expensive experience expert explain eye fact factory failure fairly fall familiar famous farm farmer
fashion fat fear fearless feel feeling fellow fence festival fever few fifth fight file fill film final
finally find finger first fish fisherman fishing fit fix flag flame flight flock floor flour flow fluid
fly folk follow food foot for force forecast foreign formal forth fraction frame framework free frequent
frequently friendship from front frost fun fundamental furniture further gallery game garage garden gate
gear gentle gentleman girl give glad glove go goal god gold golden government grand grass gray great
green grocery group guess guide gun guy half hall hammer hand happen hardware harvest he head heavy
hello helmet help her hero herself him hire his historic history hit honest honor hope hot hour human
humanity hundred hungry hunt hurt I ice idea imagination imperial importance impressive improve
improving increase indicate influence inform inner insist integral intense into introduction involved is
island it item its jacket jazz join joke journal joy judge jump jury kettle kick kid kind kingdom kitten
knee know knowledge lack lake landing landscape lane lap largely late later laughter law lean leg
leisure lend less liberty licence lie life lift light like line lip liquid listen live lock logical long
look lose low lower lucky machine magic magnetic main mainly majority man many map maple marble march
marine mark market massive me meal mean medical melon membership mental menu merely message meter middle
midnight might mile mind mine minor miss mix mixture mode moderate modest money monkey month moral most
mostly mouth move movie museum musical must mutual my myself nail naive name nationally native neck need
neighbor nest never new news newspaper next nice nine no nobody noise normal north nose not nothing
notice nurse object observer obvious odd of office official oh oil ok old on ongoing onion onto open
opening order organ origins other our out outreach over overall own pack pain paint painter pair palace
palm paper park parking partial participation passion pause pay peaceful peak pearl pen people perfect
perfectly perform perhaps perspective pet phone photo piano pie pile pilot pipe pitch place plain plan
planet plant plastic plot plus poem point polish politics pond port possible pound precious precise
prefer preparation presence press price princess probably product professor program promote prompt
proper proposal prospect publish pull push put puzzle queen question quick quit quite radar radio rail
railroad rapid raw reality really recipe recommend record recovery reduce reflect refrigerator regular
relate relevant relief remote represent representative request require rescue researcher resist
responsible retain review rice rich rid ride ring rock role roll rolling romantic roof root rope rose
row rural sad safe salmon salt same sample sand sandwich say scenario scent schedule scheme school
science scientific scope script sea seat second secret secure see seed seek seem select sense sentence
serious service set settle shade shape she shell shine ship shoe shoot shop shortly should shy sick side
sign signal silence silk similarly since singer singular sit skill sky sleep slice slight slow small
smart smartphone smile smoke smooth so soap soccer software soil soldier solution some somehow somewhere
son sort soup south space speak spell spend spice sport spot spring stair start station stay steady
steam stem step still stone storage straight strawberry strength stress student studio succeed such suit
summary summer summertime sun sunny support sure survival sustain swim swimming table tablecloth tank
target taste tax tea teaching teamwork tell ten tend tent territory text textile than thank that the
theater them therapy there therefore these third those thread through throw tiger till time tip title to
toast today token too tool total tough tour tower traditional traffic travel treasure treatise treaty
trial true trust try tune turn typical ultimate under understand union universal unknown unless up urge
us useful usual utility valley value van variety various vast vegetable velvet via visible vision
visitor voice walk warm wash waste water way we wear weather weight whatever wheel where whereas who
whose why wife wild wildlife win wind wine wire without wonder wonderful worker workplace worry would
yeah year you your zone zoo
`
  .trim()
  .split(/\s+/);

/** First names, the most frequent first. */
export const FIRST_NAMES: readonly string[] = `
Michael Jennifer David John James Robert Christopher Jessica William Ashley Matthew Daniel Amanda Joseph
Joshua Sarah Brian Elizabeth Jason Stephanie Michelle Melissa Kimberly Lisa Nicole Kevin Richard Anthony
Andrew Thomas Mary Angela Eric Heather Amy Steven Mark Timothy Ryan Rebecca Laura Jeffrey Emily Justin
Nicholas Brandon Rachel Charles Scott Jonathan Christina Kelly Patricia Megan Samantha Lauren Tiffany
Adam Karen Benjamin Paul Crystal Susan Andrea Maria Amber Danielle Patrick Erin Gregory Aaron Tyler
Courtney Stephen Katherine Kenneth Sara Jacob Victoria Julie Linda Alexander Sean Kathleen Jamie Cynthia
Dustin Donna Alicia Jordan Shannon Edward Jose Tracy Kyle Erica Brittany Zachary Katie April Alexis
Lindsay Holly Nathan Samuel Sandra Barbara Vanessa Bradley Natalie Peter Monica Teresa Jeremy Chelsea
Deborah Travis Kristen Veronica Margaret Alexandra Keith Christine Cody Nancy Leslie Kristin Ronald
Pamela Brenda Diana Bryan Jesse Austin Jasmine Whitney Gary Allison Molly Sharon Catherine Dana Valerie
Cheryl Tara Morgan Derek Chad Carlos Brooke Jared Anna Gina Renee Donald Juan Marcus Kathryn Joel Tammy
Wendy Evan Kaitlyn George Dawn Carolyn Stacy Melanie Shawn Luis Denise Sheila Rhonda Hannah Phillip
Krista Kristina Theresa Hailey Paula Kayla Christian Cassandra Carrie Robin Casey Antonio Abigail Jenna
Meghan Frank Jill Corey Meredith Sabrina Douglas Raymond Gabriel Madison Haley Dennis Alan Joanna Julia
Candice Felicia Victor Ian Jacqueline Caitlin Carl Kristy Todd Kara Craig Edwin Tina Angel Misty Cory
Krystal Philip Adrian Larry Miranda Randy Ricardo Blake Tanya Jerry Derrick Yolanda Desiree Taylor
Marissa Erik Bonnie Rodney Deanna Diane Monique Lori Martin Cindy Cristina Manuel Natasha Kelsey Troy
Debra Kirsten Shelby Claudia Raven Joyce Connie Peggy Roger Alejandra Ana Bethany Cesar Mario Rosa
Yvonne Colleen Marie Latasha Sonya Traci Regina Jorge Leah Roberto Isaac Priscilla Carol Autumn Ruth
Lance Grant Ethan Javier Francisco Oscar Jack Dylan Logan Mitchell Shane Trevor Devin Ross Noah Hunter
Gerald Johnny Billy Wayne Arthur Henry Jimmy Bobby Albert Walter Terry Curtis Russell Louis Allen Seth
Caleb Luke Mathew Colton Spencer Garrett Bruce Jeffery Ernest Dale Danny Leonard Melvin Norman Ray
Darryl Glenn Barry Bernard Micheal Leroy Theodore Clifford Miguel Tommy Leon Lloyd Warren Darrell Jerome
Floyd Alvin Tim Gordon Greg Pedro Dean Dan Herbert Clarence Ramon Clayton Lester Harold Fernando Alberto
Marvin Ruben Sergio Armando Hector Eduardo Andres Rafael Omar Ivan Angelo Dominic Brent Wesley Maurice
Max Marc Neil Darren Kurt Clinton Dwayne Duane Jamal Terrance Terrence Brett Nathaniel Preston Colin
Damon Dillon Drew Levi Mason Parker Cole Xavier Wyatt Tristan Elijah Gavin Owen Ralph Eugene Roy Howard
Fred Stanley Vincent Nathanael Calvin Roberta Alice Annette Ann Anne Audrey Becky Belinda Beth Betty
Beverly Bianca Brandi Brandy Breanna Briana Brianna Bridget Brittney Caroline Carla Carmen Charlene
Charlotte Chloe Christy Claire Dominique Dorothy Ebony Eileen Elaine Ellen Emma Erika Evelyn Faith
Frances Gabriela Gabrielle Gail Glenda Gloria Grace Gwendolyn Heidi Helen Hayley Isabel Isabella Jaclyn
Jade Jane Janet Janice Jasmin Jean Jeanette Jeanne Jenny Jo Joan Joann Joanne Jocelyn Jodi Jody Judith
Judy Juanita Kari Karina Karla Kathy Katrina Kaylee Kellie Kendra Kerri Kerry Kiara Kim Krystle Kylie
Lacey Latoya Lydia Lynn Loretta Mackenzie Makayla Mallory Mandy Marcia Margarita Maureen Maxwell
Mckenzie Michele Mikayla Mindy Nina Norma Olivia Paige Patty Penny Rachael Rebekah Rita Robyn Rose Sally
Savannah Selena Shari Shawna Sherri Sherry Sheri Shirley Sierra Sophia Stacey Stacie Stefanie Summer
Suzanne Sydney Sylvia Tabitha Tami Tamara Tasha Terri Toni Tonya Tracey Tricia Vicki Vickie Virginia
Wanda Yesenia Zoe
`
  .trim()
  .split(/\s+/);

/** Last names, the most frequent first. */
export const LAST_NAMES: readonly string[] = `
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez
Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez
Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker
Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards
Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey
Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza
Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry
Russell Sullivan Bell Coleman Butler Henderson Barnes Gonzales Fisher Vasquez Simmons Romero Jordan
Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera
Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernandez McDonald
Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb Tucker Guzman Burns Crawford Olson Simpson
Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner Black
Robertson Boyd Rose Stone Salazar Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols
Stephens Soto Weaver Ryan Gardner Payne Grant Dunn Kelley Spencer Hawkins Arnold Pierce Hansen Peters
Santos Hart Bradley Knight Elliott Cunningham Duncan Armstrong Hudson Carroll Lane Riley Andrews
Alvarado Ray Delgado Berry Perkins Hoffman Johnston Matthews Pena Richards Contreras Willis Carpenter
Lawrence Sandoval Guerrero George Chapman Rios Estrada Ortega Watkins Greene Nunez Wheeler Valdez Harper
Burke Larson Santiago Maldonado Morrison Franklin Carlson Austin Dominguez Carr Lawson Jacobs Obrien
Lynch Singh Vega Bishop Montgomery Oliver Jensen Harvey Williamson Gilbert Dean Sims Espinoza Howell Li
Wong Reid Hanson Le McCoy Garrett Burton Fuller Wang Weber Welch Rojas Lucas Marquez Fields Park Yang
Little Banks Padilla Day Walsh Bowman Schultz Luna Fowler Mejia Davidson Acosta Brewer May Holland
Juarez Newman Pearson Curtis Cortez Douglas Schneider Joseph Barrett Navarro Figueroa Keller Avila Wade
Molina Stanley Hopkins Campos Barnett Bates Chambers Caldwell Beck Lambert Miranda Byrd Craig Ayala Lowe
Frazier Powers Neal Leonard Gregory Carrillo Sutton Fleming Rhodes Shelton Schwartz Norris Jennings
Rivas Lin Mcdaniel Simon Harmon Daniel Tate Wolfe Walters Morse Steele Maxwell Mullins Cervantes Terry
Goodman Mccarthy Hammond Burgess Townsend Cohen Vazquez Wilkins Parsons Reese Manning Goodwin Rowe
Cannon Hubbard Curry Adkins Ingram Malone Mack Yates Hodges Francis Gill Bush Gross Cross Wise Osborne
Swanson Moss Robles Salinas Harrington Strickland Serrano Potter Blake Watts Quinn Dawson Valencia Ball
Hampton Lara Cummings Brady Vaughn Hogan Allison Deleon Pacheco Parks Mcguire Newton Norman Hardy Ochoa
Solis Zimmerman Reeves Rodgers Nash Graves Casey Ramsey Conner Blair Robbins Doyle Cobb Sharp Bowen
Fitzgerald Velazquez Bauer Trujillo Mccormick Huff Klein Barker Moran Paul Mcbride Stephenson Leon Huang
Lamb Fischer Delacruz Santana Barton Gibbs Calderon Bass Hines Todd Norton Lyons Owen Floyd Berger
Benson Flynn Davenport Frank Christensen Cabrera Underwood Hale Orozco Wilkerson Guerra Baldwin Sherman
Velasquez Cain Bond Haynes Logan Thornton Cameron Sparks Marsh Rush Lang Saunders Webster Roy Pham
Shepherd Patton Ballard Conway Drake Murillo Nolan Lindsey Meza Zamora Summers Bradford Boone Morton
French Huynh Kirk Clarke Melendez Wilkinson Briggs Phelps Mathis Mueller Combs Pitts Gilmore Walton
Villarreal Kerr Short Wu Glover Mcgee Sosa Macias Singleton Bridges Clay Atkinson Charles Jefferson
Mclaughlin Cardenas Stokes Rosales Skinner Camacho Hancock Atkins Hensley Duran Poole Maynard Bravo
Heath Ware Choi Hobbs Bryan Bruce Tanner Novak Hess Merritt Petersen Crosby Odom Rubio Orr Houston Estes
Villegas Horton Decker Gallegos Henson Vincent Eaton Dickerson Sheppard Wyatt Mcintyre Dalton Beard Peck
Rollins Copeland Barr Acevedo Wiley Woodward Clements Mckinney Browning Gates Mccall Stevenson Galvan
Fry Massey Bender Lloyd Whitaker Roman Monroe Avery Costa Whitehead Chan Bernard Carey Golden Joyce
Hurst Wall Faulkner Velez Mercado Durham Livingston Nixon Hull Noble Strong Lopes Hendrix Pratt Randall
Rangel Kane Farmer Larsen Walter Bullock Mcknight Garner Stein Mays Sawyer Small Cooke Mcclain Bartlett
Hayden Sloan Ho Fritz Bentley Friedman Kent Tapia Ali Ventura Preston Stark Nielsen Chang Barry Best
Booker Kaufman Werner Valentine Rosario Conley Fuentes Booth Solomon Vance Pollard Mora Good Swenson
Dodson Mcmahon Spears Shields Hutchinson Sexton Bean Lester Benton Wolf Barajas Humphrey Rich Herring
Prince Bautista Arias Villanueva Lowery Middleton Kemp Cantu Riddle Dorsey Mcconnell Hahn Church Hodge
Hurley Waters Pope Calhoun Ayers Frederick Wilcox Pugh Levy Vu Daugherty Callahan Peralta Mcfarland
Huffman Giles Hood Cuevas Ellison Arellano Chase Rocha Haney Esparza Ritter Truong Buck Jarvis Kline
Cline Holloway Case Macdonald Suarez Zhang Liu Oneal Sanford Mccullough Mcclure York Ashley Rasmussen
Potts Shaffer Mayer Mayo Carney Salas Dillon Barron Hickman Winters Dyer Baird Blackwell Buckley Burch
Boyer Burnett Bright Blevins Blackburn Bonilla Cherry Christian Chung Compton Cowan Cordova Crane David
Davila Donovan Dougherty Dudley Duffy Duke Ewing Farrell Finley Frost Garrison Gaines Galloway Gentry
Gallagher Gay Glenn Gould Griffith Guthrie Hanna Harding Hartman Hester Hendricks Herman Hinton Hoover
House Howe Huerta Ibarra Irwin Jacobson Johns Kaiser Khan Kirby Knapp Knox Koch Kramer Krueger Landry
Leach Leblanc Lozano Lutz Madden Mahoney Marks Marin Mata Mccann Mcdowell Mcgrath Mckee Mckay Mcmillan
Mcneil Melton Mercer Michael Montoya Montes Moody Mooney Moyer Nicholson Oconnell Oconnor Odonnell Olsen
Oneill Pace Patrick Pennington Pittman Pruitt Proctor Quintero Raymond Rowland Russo Salgado Savage
Schaefer Schroeder Schmitt Sellers Shah Shannon Shea Sheehan Sierra Snow Stafford Stanton Stout Stuart
Sweeney Tyler Trevino Valenzuela Vang Vaughan Velasco Villa Vickers Waller Warner Weeks Weiss Whitney
Wiggins Wilkes Woodard Yoder Yu Zavala Zuniga
`
  .trim()
  .split(/\s+/);
